use spanwright::Attribute;

const ATTR_TENANT: Attribute<str> = Attribute::new("shop.tenant");

static CATALOG: spanwright::Catalog = spanwright::catalog![ATTR_TENANT];

fn main() {}
