use spanwright::{Attribute, instrument};

struct Shop;

impl Shop {
    const ATTR_NAME: Attribute<str> = Attribute::new("shop.name");

    #[instrument(fields({Self::ATTR_NAME} = "a"))]
    fn charge(&self) {}
}

fn main() {}
