use spanwright::Attribute;

const ATTR_COUNT: Attribute<i64> = Attribute::new("shop.count").hashed();

fn main() {}
