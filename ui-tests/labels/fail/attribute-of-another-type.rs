use spanwright::{Attribute, Labels};

const ATTR_TENANT: Attribute<i64> = Attribute::new("shop.tenant");
const ATTR_CACHED: Attribute<f64> = Attribute::new("shop.cached");

#[derive(Labels)]
struct Request<'a> {
    #[label(attribute = ATTR_TENANT, max = 10)]
    tenant: &'a str,
    #[label(attribute = ATTR_CACHED)]
    cached: bool,
}

fn main() {}
