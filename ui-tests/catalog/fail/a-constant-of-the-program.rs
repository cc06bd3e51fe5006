use spanwright::Attribute;

fn made() -> Attribute<str> {
    Attribute::new("shop.tenant")
}

static CATALOG: spanwright::Catalog = spanwright::catalog![{ made() }];

fn main() {}
