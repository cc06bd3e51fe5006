//! As what OpenMetrics takes a family: its name and type there.
//!
//! A type reserves names: `orders`, `orders_total` and `orders_created` for a counter, and for a histogram those of its
//! samples. No two families may reserve the same.

use super::names::is_metric_name;
use crate::registry::{Family, Kind, Snapshot};

/// What a family is declared as in `# HELP`, `# TYPE` and `# UNIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Declaration<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'static str,
}

/// The names that a histogram reserves, behind its own.
const OF_HISTOGRAM: [&str; 4] = ["_bucket", "_sum", "_count", "_created"];

impl<'a> Declaration<'a> {
    /// In Prometheus' text format, whose names reserve nothing.
    pub(super) fn in_text(family: &'a Family) -> Self {
        Self { name: &family.name, kind: family.kind.prometheus_type() }
    }

    /// In OpenMetrics; nothing where the name is a histogram's.
    pub(super) fn in_openmetrics(family: &'a Family, snapshot: &Snapshot) -> Option<Self> {
        if is_of_histogram(&family.name, snapshot) {
            return None;
        }
        if family.kind != Kind::Counter {
            return Some(Self::in_text(family));
        }
        let stem = family.name.strip_suffix("_total").filter(|stem| is_free(stem, snapshot));
        Some(stem.map_or(Self { name: &family.name, kind: "unknown" }, |name| Self { name, kind: "counter" }))
    }

    /// Whether the name ends in the unit, as it must where one is declared.
    pub(super) fn ends_in(&self, unit: &str) -> bool {
        !unit.is_empty() && self.name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'))
    }
}

/// Whether a counter can be declared under that name.
fn is_free(stem: &str, snapshot: &Snapshot) -> bool {
    // `orders_created_total` gives way to `orders_total`, which reserves `orders_created`.
    let is_created = || stem.strip_suffix("_created").is_some_and(|stem| has(snapshot, stem, "_total"));
    is_metric_name(stem)
        && !has(snapshot, stem, "")
        && !has(snapshot, stem, "_created")
        && !is_of_histogram(stem, snapshot)
        && !is_created()
}

/// Whether a histogram reserves that name.
fn is_of_histogram(name: &str, snapshot: &Snapshot) -> bool {
    OF_HISTOGRAM.iter().filter_map(|suffix| name.strip_suffix(suffix)).any(|stem| {
        let family = snapshot.family(stem);
        family.is_some_and(|family| family.kind == Kind::Histogram)
    })
}

/// Whether there is a family with the name that both parts make.
fn has(snapshot: &Snapshot, stem: &str, suffix: &str) -> bool {
    let name = || stem.bytes().chain(suffix.bytes());
    snapshot.families.binary_search_by(|family| family.name.bytes().cmp(name())).is_ok()
}
