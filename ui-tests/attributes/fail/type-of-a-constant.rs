use spanwright::Attribute;

const ATTR_COUNT: Attribute<u32> = Attribute::new("shop.count");

fn main() {}
