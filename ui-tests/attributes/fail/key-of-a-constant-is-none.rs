use spanwright::Attribute;

const ATTR_NAME: Attribute<str> = Attribute::new("shop name");

fn main() {}
