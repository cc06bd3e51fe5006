//! Attributes as typed constants: what can be said of an attribute before there is a value.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `descriptor` | what is known of an attribute at compile time, and its label's name |
//! | `set` | structs of attributes |
//! | `check` | what is checked while the program is compiled |
//! | `declared` | the fields of a span, for `record!` to find its own among them |
//! | `named` | what stands for a field's name: an attribute, or a constant text |
//! | `prefix` | sets whose keys are put behind a prefix |
//! | `redaction` | what is left of a value that is not to be shown |
//! | `hash` | hashes in place of values, and their key |
//!
//! A constant says how its values are shown, so all that is recorded by way of it goes through
//! `__private::Fields::attribute`, which looks there first.

mod check;
mod declared;
mod descriptor;
#[cfg(feature = "telemetry")]
mod hash;
mod named;
mod prefix;
mod redaction;
mod set;

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

pub use check::{
    LabelAs, Names, check_keys, check_label_names, check_labels, check_names, label_of, names_of,
};
pub use declared::{Declared, Found, Group, declared, is_taken, place_of};
use descriptor::Examples;
pub use descriptor::{AttributeDescriptor, AttributeType, Redaction, ValueType};
#[cfg(feature = "telemetry")]
pub(crate) use hash::{RedactionKey, set_key};
pub use named::{FieldName, Named, key_of, named};
pub use prefix::{Key, prefixed_keys, references, under_keys};
pub(crate) use redaction::redacted;
#[cfg(feature = "telemetry")]
pub(crate) use redaction::{Left, left, left_of_debug};
pub use set::{Attributes, concatenated};

/// An attribute: its key, the type of its values, and what else is known of it.
///
/// `#[derive(`[`Attributes`](macro@crate::Attributes)`)]` makes such constants from a struct. Others are written down:
///
/// ```
/// use spanwright::{Attribute, instrument, record};
///
/// pub const ATTR_TENANT_ID: Attribute<str> =
///     Attribute::new("shop.tenant.id").with_help("Who is served").with_example("tenant-123");
/// pub const ATTR_ITEMS: Attribute<i64> = Attribute::new("shop.items");
///
/// #[instrument(fields({ATTR_TENANT_ID} = tenant, {ATTR_ITEMS} = Empty))]
/// fn serve(tenant: &str) {
///     record!({ATTR_ITEMS} = 3_u8);
/// }
///
/// serve("tenant-123");
/// assert_eq!(ATTR_TENANT_ID.key(), "shop.tenant.id");
/// assert_eq!(ATTR_TENANT_ID.label(), "shop_tenant_id");
/// ```
///
/// `T` is `str`, `bool`, `i64` or `f64`: what can be recorded as that says [`RecordAs`](crate::RecordAs). With the feature
/// `opentelemetry` an attribute is a `Key` of the `opentelemetry` API too, for its `KeyValue` and its `Baggage`; what goes
/// that way is nothing that we record, and so not redacted: put [`Attribute::redacted`] there.
pub struct Attribute<T: ?Sized> {
    descriptor: AttributeDescriptor,
    values: PhantomData<fn(&T)>,
}

impl<T: AttributeType + ?Sized> Attribute<T> {
    /// An attribute of that key, which is not asked whether it looks like a secret, as a struct's field is: one that is says
    /// [`dropped`](Self::dropped), or [`hashed`](Attribute::hashed). Up to 127 letters, digits, `_`, `-` and dots between them, no digit in front.
    ///
    /// # Panics
    /// Where the key is none. In a constant that is an error of the compiler's:
    ///
    /// ```compile_fail
    /// const ATTR_NAME: spanwright::Attribute<str> = spanwright::Attribute::new("user name");
    /// # let _ = ATTR_NAME;
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(key: &'static str) -> Self {
        let descriptor = AttributeDescriptor::new(key, T::TYPE, Location::caller());
        Self { descriptor, values: PhantomData }
    }

    /// What it says.
    #[must_use]
    pub const fn with_help(mut self, help: &'static str) -> Self {
        self.descriptor.help = help;
        self
    }

    /// A value that it may have, as text.
    #[must_use]
    pub const fn with_example(mut self, example: &'static str) -> Self {
        self.descriptor.examples = Examples::One(example);
        self
    }

    /// Some values that it may have, as text.
    #[must_use]
    pub const fn with_examples(mut self, examples: &'static [&'static str]) -> Self {
        self.descriptor.examples = Examples::Some(examples);
        self
    }

    /// The attribute, but its values are never recorded: [`Redaction::Dropped`].
    #[must_use]
    pub const fn dropped(mut self) -> Self {
        self.descriptor.redact(Redaction::Dropped);
        self
    }
}

impl Attribute<str> {
    /// The attribute, but its values are recorded as hashes: [`Redaction::Hashed`], unless they are dropped.
    #[must_use]
    pub const fn hashed(mut self) -> Self {
        self.descriptor.redact(Redaction::Hashed);
        self
    }

    /// The attribute, but its values are recorded as stars: [`Redaction::Masked`], unless they are hashed or dropped.
    #[must_use]
    pub const fn masked(mut self) -> Self {
        self.descriptor.redact(Redaction::Masked);
        self
    }

    /// What is recorded where the value is `text`; nothing where it is dropped. Without the feature `telemetry` there is no
    /// key, and so no hash: then nothing is left of a text that is hashed either.
    ///
    /// ```
    /// use spanwright::Attribute;
    ///
    /// const ATTR_IBAN: Attribute<str> = Attribute::new("shop.iban").masked();
    /// assert_eq!(ATTR_IBAN.redacted("DE89370400440532013000").unwrap(), "********3000");
    /// ```
    #[must_use]
    pub fn redacted<'t>(&self, text: &'t str) -> Option<std::borrow::Cow<'t, str>> {
        redacted(self.descriptor.redaction, text)
    }
}

impl<T: ?Sized> Attribute<T> {
    /// The key, as OpenTelemetry knows it: `shop.tenant.id`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.descriptor.key
    }

    /// The key's bytes, by a name that texts know too.
    #[doc(hidden)]
    #[must_use]
    pub const fn as_bytes(&self) -> &'static [u8] {
        self.descriptor.key.as_bytes()
    }

    /// The name of the Prometheus label that stands for it, `shop_tenant_id`. Of a constant it lives for ever:
    ///
    /// ```
    /// # use spanwright::Attribute;
    /// const ATTR_TENANT_ID: Attribute<str> = Attribute::new("shop.tenant.id");
    /// const LABEL: &str = ATTR_TENANT_ID.label();
    /// # assert_eq!(LABEL, "shop_tenant_id");
    /// ```
    #[must_use]
    pub const fn label(&self) -> &str {
        self.descriptor.label()
    }

    /// What it says, or nothing.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        self.descriptor.help
    }

    /// The first of its examples, as text, or nothing.
    #[must_use]
    pub const fn example(&self) -> &'static str {
        match self.descriptor.examples() {
            [] => "",
            [first, ..] => first,
        }
    }

    /// Values that it may have, as text.
    #[must_use]
    pub const fn examples(&self) -> &[&'static str] {
        self.descriptor.examples()
    }

    /// The type of its values.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        self.descriptor.value_type
    }

    /// What is recorded of its values.
    #[must_use]
    pub const fn redaction(&self) -> Redaction {
        self.descriptor.redaction
    }

    /// Where it is declared.
    #[must_use]
    pub const fn place(&self) -> &'static Location<'static> {
        self.descriptor.place
    }

    /// All of it, without the type.
    #[must_use]
    pub const fn descriptor(&self) -> &AttributeDescriptor {
        &self.descriptor
    }
}

impl<T: ?Sized> Clone for Attribute<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Attribute<T> {}

impl<T: ?Sized> fmt::Debug for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attribute").field(&self.descriptor.key).finish()
    }
}

/// The key.
impl<T: ?Sized> fmt::Display for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.descriptor.key)
    }
}

impl<T: ?Sized> AsRef<str> for Attribute<T> {
    fn as_ref(&self) -> &str {
        self.descriptor.key
    }
}

impl<T: ?Sized> From<Attribute<T>> for &'static str {
    fn from(attribute: Attribute<T>) -> Self {
        attribute.descriptor.key
    }
}

#[cfg(feature = "opentelemetry")]
impl<T: ?Sized> From<Attribute<T>> for opentelemetry::Key {
    fn from(attribute: Attribute<T>) -> Self {
        Self::from_static_str(attribute.descriptor.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTR_SYSTEM: Attribute<str> =
        Attribute::new("db.system").with_help("Which database").with_examples(&["postgresql", "sqlite"]);
    const ATTR_COUNT: Attribute<i64> = Attribute::new("http.retry-count").with_example("3").dropped();
    const ATTR_PLAIN: Attribute<f64> = Attribute::new("ratio");

    #[test]
    fn a_constant_says_all_that_is_known_of_it() {
        const LABEL: &str = ATTR_COUNT.label();
        assert_eq!(ATTR_SYSTEM.key(), "db.system");
        assert_eq!(ATTR_SYSTEM.help(), "Which database");
        assert_eq!((ATTR_SYSTEM.example(), ATTR_SYSTEM.examples().len()), ("postgresql", 2));
        assert_eq!((ATTR_COUNT.example(), ATTR_COUNT.examples()), ("3", &["3"][..]));
        assert_eq!((ATTR_PLAIN.example(), ATTR_PLAIN.examples().len()), ("", 0));
        assert_eq!(LABEL, "http_retry_count");
        assert_eq!(ATTR_PLAIN.label(), "ratio");
        assert_eq!(ATTR_COUNT.redaction(), Redaction::Dropped);
        assert_eq!(
            [ATTR_SYSTEM.value_type(), ATTR_COUNT.value_type(), ATTR_PLAIN.value_type()],
            [ValueType::Str, ValueType::I64, ValueType::F64]
        );
        assert_eq!(ATTR_PLAIN.place().file(), file!());
    }

    #[test]
    fn it_serves_as_its_key() {
        let key: &'static str = ATTR_SYSTEM.into();
        assert_eq!(key, "db.system");
        assert_eq!(format!("{ATTR_SYSTEM} {ATTR_SYSTEM:?}"), "db.system Attribute(\"db.system\")");
        assert_eq!(ATTR_SYSTEM.as_ref(), "db.system");
    }

    #[test]
    fn the_strongest_redaction_stays() {
        let attribute = || Attribute::<str>::new("iban");
        for (attribute, redaction) in [
            (attribute().dropped().masked(), Redaction::Dropped),
            (attribute().dropped().hashed(), Redaction::Dropped),
            (attribute().masked().dropped(), Redaction::Dropped),
            (attribute().hashed().masked(), Redaction::Hashed),
            (attribute().masked().hashed(), Redaction::Hashed),
            (attribute().masked(), Redaction::Masked),
        ] {
            assert_eq!(attribute.redaction(), redaction);
        }
    }

    #[test]
    fn keys_are_checked() {
        let longest: &'static str = "a".repeat(127).leak();
        assert_eq!(Attribute::<bool>::new(longest).label(), longest);
        let too_long: &'static str = "a".repeat(128).leak();
        for bad in ["", ".a", "a.", "a..b", "a b", "ä", "1a", "-a", "a\n", too_long] {
            let made = std::panic::catch_unwind(|| Attribute::<str>::new(bad));
            assert!(made.is_err(), "{bad:?}");
        }
    }
}
