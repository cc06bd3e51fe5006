use spanwright::{Attribute, Labels};

const ATTR_TENANT: Attribute<bool> = Attribute::new("shop.tenant");

#[derive(Labels)]
struct Request {
    shop_tenant: bool,
    #[label(attribute = ATTR_TENANT)]
    tenant: bool,
}

fn main() {}
