//! What is generated sets off none of the user's lints.

#![deny(warnings)]
#![deny(
    missing_docs,
    unused,
    nonstandard_style,
    future_incompatible,
    rust_2018_idioms,
    unreachable_pub,
    unused_qualifications,
    single_use_lifetimes,
    let_underscore_drop
)]

use spanwright::{Attributes, instrument, record};

mod attributes {
    use spanwright::{Attribute, Attributes};

    pub(crate) const ATTR_PLACE: Attribute<str> = Attribute::new("shop.place");

    /// Whose order it is.
    #[derive(Attributes)]
    #[attributes(prefix = "shop")]
    pub(crate) struct OrderAttributes<'a> {
        /// Which order.
        #[attribute(key = "order.id", redact = hash)]
        pub(crate) order_id: &'a str,
        pub(crate) items: Option<u8>,
    }
}

use attributes::{ATTR_ITEMS, OrderAttributes};

#[instrument(fields({attributes::ATTR_PLACE} = "Oslo", ..order))]
fn charge(order: &OrderAttributes<'_>) {
    record!({attributes::ATTR_PLACE} = "Bergen", {ATTR_ITEMS} = 3_u8);
}

fn main() {
    /// Within a function's body.
    #[derive(Attributes)]
    struct Local {
        count: u8,
    }

    #[instrument(fields(..Local = Local { count: 3 }))]
    fn counted() {
        record!({ATTR_COUNT} = 4);
    }

    charge(&OrderAttributes { order_id: "a", items: None });
    counted();
}
