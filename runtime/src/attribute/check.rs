//! What is checked while the program is compiled: constant functions that panic.

use spanwright_core::descriptor::Dimension;

use super::Attribute;
use super::descriptor::{AttributeDescriptor, Redaction};
use crate::Label;

/// What can be a label for an attribute of type `T`: a label for text, a `bool` also for `bool`.
#[diagnostic::on_unimplemented(
    message = "a label of type `{Self}` can't stand for an attribute of type `{T}`",
    label = "the attribute is of another type",
    note = "a label's values are text, so its attribute is an `Attribute<str>`; `bool` is a label for an `Attribute<bool>` too"
)]
pub trait LabelAs<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<L: Label + ?Sized> LabelAs<str> for L {}
#[diagnostic::do_not_recommend]
impl LabelAs<str> for str {}
#[diagnostic::do_not_recommend]
impl LabelAs<bool> for bool {}

/// The name of the label that stands for `attribute`, whose values are those of `L`.
///
/// # Panics
/// Where the name is one that Prometheus or the metric keeps, or where the values are not to be shown.
#[must_use]
#[track_caller]
pub const fn label_of<L: LabelAs<T> + ?Sized, T: ?Sized>(
    attribute: &'static Attribute<T>,
    taken: &[&str],
) -> &'static str {
    let shown = matches!(attribute.redaction(), Redaction::Shown);
    assert!(shown, "the values of this attribute are redacted, so it can't be a label");
    let label = attribute.label();
    let bytes = label.as_bytes();
    assert!(
        !(bytes.len() > 1 && bytes[0] == b'_' && bytes[1] == b'_'),
        "this attribute can't be a label: Prometheus keeps names that begin with `__`"
    );
    let reserved = is_same(label, "le") || is_same(label, "quantile") || is_among(label, taken);
    assert!(!reserved, "this attribute can't be a label: the label of its name is reserved");
    label
}

/// Checks that `labels` have different names, where that of one comes from an attribute.
///
/// # Panics
/// Where two have the same.
#[track_caller]
pub const fn check_labels(labels: &[Dimension]) {
    let mut one = 0;
    while one < labels.len() {
        let mut other = one + 1;
        while other < labels.len() {
            let same = is_same(labels[one].name, labels[other].name);
            assert!(!same, "two labels have the same name, one of them by its attribute: rename one of them");
            other += 1;
        }
        one += 1;
    }
}

/// Checks that `names`, of labels, are different, where one comes from an attribute.
///
/// # Panics
/// Where two are the same.
#[track_caller]
pub const fn check_label_names(names: &[&str]) {
    assert!(
        are_different(names),
        "two labels have the same name, one of them by its attribute: rename one of them"
    );
}

/// Checks that `names`, of a span's fields, are different, where one comes from an attribute.
///
/// # Panics
/// Where two are the same.
#[track_caller]
pub const fn check_names(names: &[&str]) {
    assert!(
        are_different(names),
        "an attribute is there twice: two of these have the same key, keep one of them"
    );
}

/// Checks that the keys of a set with flattened ones are different.
///
/// # Panics
/// Where two are the same.
#[track_caller]
pub const fn check_keys(keys: &[&str]) {
    assert!(
        are_different(keys),
        "an attribute is there twice: two of these have the same key, keep one of them or write `flatten, prefix = \"…\"`"
    );
}

/// How many names are told apart by their hashes, so that a set of hundreds does not keep the compiler busy for seconds,
/// which it calls a mistake.
const HASHED: usize = 1024;

const fn are_different(names: &[&str]) -> bool {
    let mut hashes = [0; HASHED];
    let mut one = 0;
    while one < names.len() {
        let own = hash(names[one]);
        let mut other = 0;
        while other < one {
            let may_be_same = other >= HASHED || hashes[other] == own;
            if may_be_same && is_same(names[one], names[other]) {
                return false;
            }
            other += 1;
        }
        if one < HASHED {
            hashes[one] = own;
        }
        one += 1;
    }
    true
}

/// FNV-1a of 64 bits.
const fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Names of a span's fields.
#[derive(Clone, Copy, Debug)]
pub enum Names {
    /// Those that are written one by one.
    Own(&'static [&'static str]),
    /// Those of a set.
    Of(&'static [&'static AttributeDescriptor]),
}

impl Names {
    const fn len(self) -> usize {
        match self {
            Self::Own(names) => names.len(),
            Self::Of(attributes) => attributes.len(),
        }
    }

    const fn get(self, at: usize) -> &'static str {
        match self {
            Self::Own(names) => names[at],
            Self::Of(attributes) => attributes[at].key,
        }
    }
}

/// All the names, one after the other: `N` of them.
#[must_use]
pub const fn names_of<const N: usize>(parts: &[Names]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut own = 0;
        while own < parts[part].len() {
            names[at] = parts[part].get(own);
            at += 1;
            own += 1;
        }
        part += 1;
    }
    names
}

const fn is_among(text: &str, others: &[&str]) -> bool {
    let mut at = 0;
    while at < others.len() {
        if is_same(text, others[at]) {
            return true;
        }
        at += 1;
    }
    false
}

pub(super) const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
