//! `#[instrument_all]`: what is observed of a block.

use async_trait::async_trait;
use spanwright::instrument_all;
use spanwright::span::{Outcome, SpanData, SpanKind};

use super::{attribute, block_on};
use crate::collected::traced;

struct Cart;

#[instrument_all(pub, kind = client, name_prefix = "shop.cart", fields(shop = "corner"), err)]
impl Cart {
    #[allow(clippy::unused_self)]
    pub(crate) fn add(&self, item: u8) -> Result<u8, std::fmt::Error> {
        self.weigh();
        self.len();
        item.checked_sub(1).ok_or(std::fmt::Error)
    }

    #[instrument(kind = internal, name = "emptied", fields(reason = reason))]
    fn clear(&self, reason: &str) {}

    #[instrument(skip)]
    pub(crate) fn len(&self) {}

    fn weigh(&self) {}
}

#[async_trait]
trait Till {
    async fn charge(&self) -> Result<(), std::fmt::Error>;
}

#[instrument_all(err)]
#[async_trait]
impl Till for Cart {
    async fn charge(&self) -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

fn is_of_the_shop(span: &SpanData) -> bool {
    attribute(span, "shop") == super::text("corner")
}

#[test]
fn what_is_said_for_all_holds_unless_a_function_says_otherwise() {
    let ((), trace) = traced(|| {
        Cart.add(0).unwrap_err();
        Cart.clear("night");
    });
    assert_eq!(trace.names(), ["shop.cart.add", "emptied"]);
    let (added, cleared) = (trace.one("shop.cart.add"), trace.one("emptied"));
    assert_eq!(added.error.as_deref(), Some("an error occurred when formatting an argument"));
    assert_eq!([added.kind, cleared.kind], [SpanKind::Client, SpanKind::Internal]);
    assert!(is_of_the_shop(added));
    assert!(!is_of_the_shop(cleared), "its own fields replace those of all");
    assert_eq!(attribute(cleared, "reason"), super::text("night"));
}

#[test]
fn what_stands_below_it_sees_the_attribute() {
    let (_, trace) = traced(|| block_on(Cart.charge()).unwrap_err());
    assert_eq!(trace.one("charge").outcome, Outcome::Error);
}
