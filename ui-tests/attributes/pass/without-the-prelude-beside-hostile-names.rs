//! No prelude, modules named `core` and `std`, the runtime under another name.

#![no_implicit_prelude]
#![deny(warnings)]

extern crate spanwright as renamed;

mod core {}
mod std {}

mod telemetry {
    pub use ::renamed::*;
}

use telemetry::{Attribute, Attributes, Label, Labels, instrument, record};

struct Option;
struct Some;
struct None;

#[derive(Attributes)]
#[attributes(prefix = "event", crate = telemetry)]
pub struct EventAttributes<'a> {
    name: &'a str,
}

#[derive(Attributes)]
#[attributes(prefix = "shop", crate = telemetry)]
pub struct OrderAttributes<'a, 'b: 'a> {
    #[attribute(example = -3, redact = drop)]
    id: i64,
    #[attribute(flatten)]
    event: EventAttributes<'b>,
    #[attribute(display)]
    shown: ::std::option::Option<&'a u8>,
    alias: Alias,
    r#type: &'a str,
}

type Alias = f32;

pub const ATTR_PLACE: Attribute<str> = Attribute::new("shop.place");

#[derive(Clone, Copy, Label)]
#[label(attribute = ATTR_PLACE, crate = telemetry)]
pub enum Place {
    Oslo,
}

#[derive(Clone, Copy, Labels)]
#[labels(crate = telemetry)]
pub struct Request<'a> {
    #[label(attribute = ATTR_PLACE)]
    place: Place,
    #[label(attribute = ATTR_NAME, max = 2)]
    name: &'a str,
    #[label(skip)]
    pub path: &'a str,
}

#[instrument(crate = telemetry, fields(before = 1, {ATTR_PLACE} = "Oslo", ..order, after = Empty),
    metrics(prefix = "shop", labels({ATTR_TYPE} = "a", {ATTR_PLACE}: Place = Place::Oslo)))]
fn charge(order: &OrderAttributes<'_, '_>) {
    record!({ATTR_ID} = 8, after = 2, {ATTR_PLACE} = ?1, {ATTR_NAME} = "b");
}

fn main() {
    let (Option, Some, None) = (Option, Some, None);
    let _ = (Option, Some, None);
    let event = EventAttributes { name: "a" };
    let shown = ::std::option::Option::Some(&7);
    charge(&OrderAttributes { id: 7, event, shown, alias: 0.5, r#type: "gold" });
    let _ = Request { place: Place::Oslo, name: "a", path: "/" }.path;
}
