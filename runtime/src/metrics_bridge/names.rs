//! Names of the crate `metrics`, which can be anything, as Prometheus takes them.

use std::borrow::Cow;
use std::sync::Arc;

use metrics::{Key, Unit};
use spanwright_core::descriptor::Buckets;

use crate::DEFAULT_BUCKETS;
use crate::registry::{LabelSet, Text};

/// The longest name, and the longest value of a label, in bytes: as in our own metrics.
pub(super) const LONGEST: usize = 256;
/// The label of the series of
/// [what has no room](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute).
pub(super) const OVERFLOW: &str = "otel_metric_overflow";

/// A metric's name: letters, digits, `_` and `:`, not a digit first. Each other character becomes `_`.
pub(super) fn metric(name: &str) -> Cow<'_, str> {
    valid(name, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
}

/// A label's name, which has no `:`, and is not one that the formats, Prometheus or the overflow series use themselves.
fn label(name: &str) -> Cow<'_, str> {
    if matches!(name, "le" | "quantile" | OVERFLOW) {
        return Cow::Owned(format!("{name}_"));
    }
    let name = valid(name, |c| c.is_ascii_alphanumeric() || c == '_');
    // Prometheus keeps all names that begin with two for itself: the name of a metric is `__name__`.
    if name.starts_with("__") { Cow::Owned(format!("_{}", name.trim_start_matches('_'))) } else { name }
}

/// Whether a name or a value of a label is longer than is kept.
pub(super) fn are_too_long(key: &Key) -> bool {
    key.labels().any(|label| label.key().len() > LONGEST || label.value().len() > LONGEST)
}

fn valid(name: &str, may_be: fn(char) -> bool) -> Cow<'_, str> {
    let is_good = |(at, c): (usize, char)| may_be(c) && (at > 0 || !c.is_ascii_digit());
    if name.is_empty() {
        return Cow::Borrowed("_");
    }
    if name.char_indices().all(is_good) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.char_indices().map(|c| if is_good(c) { c.1 } else { '_' }).collect())
}

/// A key's labels, by name. Of two with one name, the later one counts.
pub(super) fn labels(key: &Key) -> LabelSet {
    let mut labels: Vec<(Cow<'_, str>, &str)> =
        key.labels().map(|given| (label(given.key()), given.value())).collect();
    // Keys in another order are the same key. The sort is stable.
    labels.sort_by(|one, other| one.0.cmp(&other.0));
    labels.reverse();
    labels.dedup_by(|later, kept| later.0 == kept.0);
    labels.reverse();
    labels
        .into_iter()
        .map(|(name, value)| (Text::from(name.into_owned()), Text::from(value.to_owned())))
        .collect()
}

/// Where a histogram's buckets end, by its unit or else its name.
pub(super) fn buckets(name: &str, unit: Option<Unit>) -> Arc<[f64]> {
    let unit = unit.or_else(|| Unit::from_string(name.rsplit('_').next()?));
    let per_second = match unit {
        Some(Unit::Seconds) => 1.0,
        Some(Unit::Milliseconds) => 1e3,
        Some(Unit::Microseconds) => 1e6,
        Some(Unit::Nanoseconds) => 1e9,
        _ => return DEFAULT_BUCKETS.into(),
    };
    Buckets::durations(per_second).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DURATION_BUCKETS;

    #[test]
    fn names_become_valid() {
        for (name, becomes) in [
            ("http.requests", "http_requests"),
            ("9lives", "_lives"),
            ("a:b_1", "a:b_1"),
            ("größe", "gr__e"),
            ("", "_"),
        ] {
            assert_eq!(metric(name), becomes);
        }
        for (name, becomes) in [
            ("a:b", "a_b"),
            ("le", "le_"),
            ("_x", "_x"),
            ("__name__", "_name__"),
            ("::x", "_x"),
            ("___", "_"),
            (OVERFLOW, "otel_metric_overflow_"),
        ] {
            assert_eq!(label(name), becomes);
        }
    }

    #[test]
    fn labels_stand_in_order_and_once() {
        let key = Key::from_parts("k", &[("b", "1"), ("a.x", "2"), ("a_x", "3"), ("b", "4")]);
        assert_eq!(labels(&key).iter().collect::<Vec<_>>(), [("a_x", "3"), ("b", "4")]);
    }

    #[test]
    fn buckets_are_in_the_unit() {
        assert_eq!(*buckets("x", None), *DEFAULT_BUCKETS);
        assert_eq!(*buckets("x_seconds", None), *DURATION_BUCKETS);
        assert_eq!(*buckets("x", Some(Unit::Seconds)), *DURATION_BUCKETS);
        assert_eq!(buckets("x_milliseconds", None)[..4], [0.1, 0.25, 0.5, 1.0]);
        assert_eq!(buckets("x", Some(Unit::Nanoseconds))[0], 100_000.0);
        assert_eq!(*buckets("x_seconds", Some(Unit::Bytes)), *DEFAULT_BUCKETS);
    }
}
