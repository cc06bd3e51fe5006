//! What has a valid name.
//!
//! Names come from macros, which check them, and from [sources](crate::registry::Source), which promise. A single wrong one
//! would make a scraper refuse the whole page, so it is looked at once more here.

use crate::registry::{Family, Kind, Series, Snapshot, Text, Value};

/// The families with valid names.
pub(in crate::export) fn families(snapshot: &Snapshot) -> impl Iterator<Item = &Family> {
    snapshot.families.iter().filter(|family| is_metric_name(&family.name))
}

/// The series of a family that have valid labels and a value of its kind, which agrees with itself.
pub(in crate::export) fn series(family: &Family) -> impl Iterator<Item = &Series> {
    // Most series share the names of their labels with the one before.
    let mut known: Option<(&[Text], bool)> = None;
    family.series.iter().filter(move |series| {
        let names = series.labels.names();
        let are_valid = match known {
            Some((others, are_valid)) if std::ptr::eq(others, names) => are_valid,
            _ => are_label_names(names, family.kind),
        };
        known = Some((names, are_valid));
        are_valid && is_of_kind(&series.value, family.kind) && series.value.is_sound()
    })
}

/// Whether Prometheus takes it for a metric's name.
pub(crate) fn is_metric_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':');
    name.bytes().next().is_some_and(is_first)
        && name.bytes().all(|byte| is_first(byte) || byte.is_ascii_digit())
}

fn are_label_names(names: &[Text], kind: Kind) -> bool {
    names.iter().enumerate().all(|(at, name)| {
        // The name of the metric is a label to Prometheus, and so is the bound of a bucket.
        let is_taken = *name == "__name__" || (*name == "le" && kind == Kind::Histogram);
        is_metric_name(name) && !name.contains(':') && !is_taken && !names[..at].contains(name)
    })
}

fn is_of_kind(value: &Value, kind: Kind) -> bool {
    let is_distribution = matches!(value, Value::Histogram(_) | Value::NativeHistogram(_));
    is_distribution == (kind == Kind::Histogram)
}
