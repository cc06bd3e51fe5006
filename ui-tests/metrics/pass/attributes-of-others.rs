//! Attributes that are not ours say nothing about a metric: only its documentation is its help.

#![deny(warnings)]

use spanwright::{Counter, Metrics, Registry};

#[derive(Metrics)]
#[must_use = "Not a help."]
struct Shop {
    #[doc(alias = "not a help")]
    /// Orders that were placed.
    #[deprecated = "Not a help."]
    orders_total: Counter,
}

fn main() {
    let _shop = Shop::register(&Registry::new());
    assert_eq!(<Shop as Metrics>::DESCRIPTORS[0].help, "Orders that were placed.");
}
