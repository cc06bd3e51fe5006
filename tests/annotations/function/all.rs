//! `#[instrument_all]`: what is observed of a block.

use async_trait::async_trait;
use spanwright::instrument_all;
use spanwright::span::{AttributeValue, Outcome, SpanData, SpanKind};

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

struct Store {
    is_open: bool,
}

#[instrument_all(enabled = self.is_open, record_all, fields(app = "shop", open = self.is_open, id = 0), err)]
impl Store {
    fn new(is_open: bool) -> Self {
        Self { is_open }
    }

    #[instrument(record(id), skip(self))]
    fn put(&self, id: u8) {}

    #[instrument(skip_all)]
    fn audit(&self, who: &str) -> Option<Result<u8, std::fmt::Error>> {
        Some(u8::try_from(who.len()).map_err(|_| std::fmt::Error))
    }

    #[track_caller]
    #[instrument(skip(self))]
    fn place(&self) -> Result<&'static std::panic::Location<'static>, std::fmt::Error> {
        Ok(std::panic::Location::caller())
    }

    #[cfg_attr(all(), spanwright::instrument(name = "counted once", metrics))]
    fn counted() {}

    #[cfg(all(test, not(test)))]
    fn of_tests_elsewhere() -> Nonsense {}
}

#[instrument_all(err)]
trait Priced {
    fn price(&self) -> Result<u8, std::fmt::Error>;

    fn doubled(&self) -> Result<u8, std::fmt::Error> {
        self.price()?.checked_mul(2).ok_or(std::fmt::Error)
    }
}

impl Priced for u8 {
    fn price(&self) -> Result<u8, std::fmt::Error> {
        Ok(*self)
    }
}

#[test]
fn what_mentions_self_is_not_for_functions_without_it() {
    let (place, trace) = traced(|| {
        Store::new(false).put(1);
        let store = Store::new(true);
        store.put(2);
        store.audit("me");
        store.place().unwrap()
    });
    assert_eq!(place.file(), file!(), "the caller's place is kept");
    assert_eq!(trace.names(), ["new", "new", "put", "audit", "place"], "the first `put` is switched off");
    let made = &trace.spans[0];
    assert_eq!(
        [attribute(made, "app"), attribute(made, "is_open")],
        [super::text("shop"), Some(AttributeValue::Bool(false))]
    );
    assert!(made.attributes.iter().all(|(name, _)| name != "open"));
    let put = trace.one("put");
    assert_eq!(attribute(put, "id"), Some(AttributeValue::I64(2)), "its own `record` wins");
    assert_eq!(attribute(put, "open"), Some(AttributeValue::Bool(true)));
    let audit = trace.one("audit");
    assert!(audit.attributes.iter().all(|(name, _)| name != "who"), "its own `skip_all` wins");
    assert_eq!(audit.outcome, Outcome::Ok);
}

#[test]
fn an_attribute_under_a_condition_observes_the_function_once() {
    let ((), trace) = traced(Store::counted);
    assert_eq!(trace.names(), ["counted once"]);
}

#[test]
fn what_a_trait_has_already() {
    let (_, trace) = traced(|| 200_u8.doubled().unwrap_err());
    assert_eq!(trace.names(), ["doubled"], "`price` has no body there");
    assert_eq!(trace.one("doubled").outcome, Outcome::Error);
}
