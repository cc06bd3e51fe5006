//! Redaction: by the constant and by the struct, in our spans and in the `tracing` spans beside them.

use std::fmt;
use std::sync::{Arc, Mutex};

use spanwright::{Attribute, Attributes, instrument, record};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

use super::*;
use crate::collected::traced;

const ATTR_IBAN: Attribute<str> = Attribute::new("shop.iban").masked();
const ATTR_MAIL: Attribute<str> = Attribute::new("shop.mail").hashed();
const ATTR_PIN: Attribute<i64> = Attribute::new("shop.pin").dropped();

/// All that a `tracing` layer is told of fields.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        *self.0.lock().unwrap() += &format!("{field}={value:?};");
    }
}

impl<S: Subscriber> Layer<S> for Told {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

const IBAN: &str = "DE-canary-0532013000";
const MAIL: &str = "canary@example.com";

#[derive(Attributes)]
#[attributes(prefix = "owner")]
struct Owner {
    #[attribute(key = "mail", redact = hash)]
    their_mail: Option<String>,
    #[attribute(constant = ATTR_THEIR_IBAN, redact = mask)]
    iban: &'static str,
    #[attribute(redact = drop)]
    api_token: String,
    #[attribute(redact = mask, debug)]
    lines: Vec<&'static str>,
}

#[instrument(fields({ATTR_IBAN} = IBAN, {ATTR_MAIL} = Some(MAIL), {ATTR_PIN} = 4711, ..owner))]
fn by_field(owner: &Owner) {
    record!({ ATTR_MAIL } = MAIL.to_owned());
}

#[instrument(fields({ATTR_IBAN} = Empty, {ATTR_MAIL} = Empty, {ATTR_PIN} = Empty, ..Owner = Empty))]
fn by_record() {
    record!({ATTR_IBAN} = %IBAN, {ATTR_MAIL} = %MAIL, {ATTR_PIN} = 4711_u16);
    record!({ ATTR_API_TOKEN } = "canary", { ATTR_LINES } = "canary-in-lines");
}

#[instrument(fields({ATTR_IBAN} = ?IBAN, {ATTR_MAIL} = ?MAIL))]
fn by_debug() {}

#[test]
fn record_all_leaves_to_constants_and_sets_what_they_are_made_of() {
    struct Payer(&'static str);
    #[instrument(record_all, fields({ATTR_PIN} = pin, {ATTR_IBAN} = format!("{iban}"), {ATTR_MAIL} = payer.0, ..owner))]
    fn pay(pin: u8, iban: &str, payer: Payer, owner: &Owner, items: u8, mail: u8) {
        let _ = (pin, iban, payer, owner, items, mail);
    }
    let (their_mail, api_token, lines) = (None, String::new(), Vec::new());
    let owner = Owner { their_mail, iban: "short", api_token, lines };
    let ((), trace) = traced(|| pay(4, IBAN, Payer(MAIL), &owner, 3, 1));
    let span = trace.one("pay");
    assert_eq!(keys(span), ["items", "mail", "shop.iban", "shop.mail", "owner.iban", "owner.lines"]);
}

/// What the body calls like a set or a constant of the span's is another thing.
#[test]
fn record_finds_its_fields_whatever_the_body_declares() {
    #[instrument(fields(..Owner = Empty, {ATTR_IBAN} = Empty, after = Empty))]
    fn shadowed() {
        #[derive(Attributes)]
        struct Owner {
            its_only: u8,
        }
        use super::redacted::ATTR_IBAN as ATTR_THE_SAME;
        const ATTR_IBAN: Attribute<bool> = Attribute::new("none.of.the.span");
        record!({ ATTR_THE_SAME } = IBAN, after = 1);
        let _ = (Owner { its_only: 1 }.its_only, ATTR_IBAN);
    }
    let ((), trace) = traced(shadowed);
    let span = trace.one("shadowed");
    assert_eq!(value(span, "shop.iban"), text("********3000"));
    assert_eq!(value(span, "after"), Some(AttributeValue::I64(1)));
}

#[test]
fn nothing_else_is_left_of_what_is_redacted() {
    let owner = Owner {
        their_mail: Some(MAIL.to_owned()),
        iban: IBAN,
        api_token: "canary".to_owned(),
        lines: vec!["canary", "canary"],
    };
    let told = Told::default();
    // Other tests ask whether anybody listens to `trace`.
    let subscriber = tracing_subscriber::registry().with(told.clone().with_filter(LevelFilter::INFO));
    let ((), trace) = traced(|| {
        by_field(&owner);
        by_record();
        tracing::subscriber::with_default(subscriber, || {
            by_field(&owner);
            by_record();
        });
    });
    assert_eq!(trace.spans.len(), 4);
    for span in &trace.spans {
        let shown = format!("{:?}", span.attributes);
        assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    }
    let told = told.0.lock().unwrap();
    assert!(!told.contains("canary") && !told.contains("4711"), "{told}");
    assert!(told.contains("shop.iban=\"********3000\""), "{told}");
    assert!(told.contains("owner.iban=\"********3000\""), "{told}");
}

#[test]
fn equal_values_have_equal_hashes_and_masks_show_their_ends() {
    let (their_mail, api_token, lines) = (Some(MAIL.to_owned()), String::new(), Vec::new());
    let owner = Owner { their_mail, iban: "short", api_token, lines };
    let ((), trace) = traced(|| {
        by_field(&owner);
        by_record();
        by_debug();
    });
    let (one, other) = (trace.one("by_field"), trace.one("by_record"));
    let hash = ATTR_MAIL.redacted(MAIL).expect("something is left");
    assert_eq!(value(one, "shop.mail"), text(&hash));
    assert_eq!(value(one, "owner.mail"), text(&hash));
    assert_eq!(value(other, "shop.mail"), text(&hash));
    assert_eq!(value(one, "shop.iban"), text("********3000"));
    assert_eq!(value(one, "owner.iban"), text("********"));
    assert_eq!(value(one, "owner.lines"), text("********"));
    assert_eq!(value(other, "owner.lines"), text("********ines"));
    let debugged = trace.one("by_debug");
    assert_eq!(value(debugged, "shop.iban"), text("********"));
    assert_eq!(value(debugged, "shop.mail"), text(&ATTR_MAIL.redacted(&format!("{MAIL:?}")).unwrap()));
    assert_eq!(value(other, "shop.iban"), text("********3000"));
    assert!(!keys(one).contains(&"shop.pin") && !keys(one).contains(&"owner.api_token"));
}
