//! The fields that a span declares, for `record!` to find its own among them.

use super::check::is_same;
use super::descriptor::{AttributeDescriptor, Redaction, ValueType};

/// A field of a span, as it is declared.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    key: &'static str,
    /// What its values are and what is shown of them, where an attribute says so.
    rule: Option<(ValueType, Redaction)>,
}

impl Declared {
    /// A field that has a name and nothing else.
    #[must_use]
    pub const fn text(key: &'static str) -> Self {
        Self { key, rule: None }
    }

    /// A field that is an attribute.
    #[must_use]
    pub const fn attribute(attribute: &AttributeDescriptor) -> Self {
        Self { key: attribute.key, rule: Some((attribute.value_type, attribute.redaction)) }
    }

    const fn has_rule_of(&self, other: &Self) -> bool {
        match (self.rule, other.rule) {
            (None, None) => true,
            (Some((one, shown)), Some((other, as_shown))) => {
                one as u8 == other as u8 && shown as u8 == as_shown as u8
            }
            _ => false,
        }
    }
}

/// Some of a span's fields.
#[derive(Clone, Copy, Debug)]
pub enum Group {
    /// This one.
    One(Declared),
    /// Those of a set.
    Of(&'static [&'static AttributeDescriptor]),
}

/// All the fields, one after the other: `N` of them.
#[must_use]
pub const fn declared<const N: usize>(groups: &[Group]) -> [Declared; N] {
    let mut all = [Declared::text(""); N];
    let (mut group, mut at) = (0, 0);
    while group < groups.len() {
        match groups[group] {
            Group::One(field) => {
                all[at] = field;
                at += 1;
            }
            Group::Of(attributes) => {
                let mut own = 0;
                while own < attributes.len() {
                    all[at] = Declared::attribute(attributes[own]);
                    at += 1;
                    own += 1;
                }
            }
        }
        group += 1;
    }
    all
}

/// Where a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// At this place.
    At(usize),
    /// Its key is there, but of another type or redaction.
    Another,
    /// Nowhere.
    Nowhere,
}

/// The place of the field that is `wanted`.
#[must_use]
pub const fn place_of(declared: &[Declared], wanted: Declared) -> Found {
    let mut at = 0;
    while at < declared.len() {
        if is_same(declared[at].key, wanted.key) {
            return if declared[at].has_rule_of(&wanted) { Found::At(at) } else { Found::Another };
        }
        at += 1;
    }
    Found::Nowhere
}

/// Whether `place` is among `others`.
#[must_use]
pub const fn is_taken(place: usize, others: &[usize]) -> bool {
    let mut at = 0;
    while at < others.len() {
        if others[at] == place {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Attribute;

    const ATTR_SHOWN: Attribute<str> = Attribute::new("iban");
    const ATTR_MASKED: Attribute<str> = Attribute::new("iban").masked();
    const ATTR_COUNT: Attribute<i64> = Attribute::new("count");

    #[test]
    fn a_field_is_found_by_its_key_and_its_rule() {
        let of = |attribute: &AttributeDescriptor| Declared::attribute(attribute);
        const SET: &[&AttributeDescriptor] = &[ATTR_MASKED.descriptor(), ATTR_COUNT.descriptor()];
        let all: [Declared; 3] = declared(&[Group::One(Declared::text("a")), Group::Of(SET)]);
        assert_eq!(place_of(&all, Declared::text("a")), Found::At(0));
        assert_eq!(place_of(&all, of(ATTR_MASKED.descriptor())), Found::At(1));
        assert_eq!(place_of(&all, of(ATTR_COUNT.descriptor())), Found::At(2));
        assert_eq!(place_of(&all, of(ATTR_SHOWN.descriptor())), Found::Another);
        assert_eq!(place_of(&all, of(Attribute::<str>::new("count").descriptor())), Found::Another);
        assert_eq!(place_of(&all, Declared::text("count")), Found::Another);
        assert_eq!(place_of(&all, Declared::text("b")), Found::Nowhere);
    }
}
