//! Series from several places as one family.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::SystemTime;

#[cfg(feature = "telemetry")]
use super::snapshot::Snapshot;
use super::snapshot::{Family, LabelSet, Series, Text};

/// Families by name.
#[derive(Default)]
pub(super) struct Families {
    by_name: HashMap<Text, Parts>,
    /// How many series fit to nothing.
    left_out: usize,
}

/// A family and where its series came from.
struct Parts {
    family: Family,
    /// Whether they came from several places, or one that is not ours, so that equal labels may be among them.
    are_several: bool,
}

impl Families {
    /// Adds a metric's series to the family of that name, which is made where there is none.
    pub(super) fn add(
        &mut self,
        name: &Text,
        make: impl FnOnce() -> Family,
        start: SystemTime,
        mut series: Vec<Series>,
    ) {
        match self.by_name.entry(name.clone()) {
            Entry::Vacant(place) => {
                begin(&mut series, Some(start));
                place.insert(Parts {
                    family: Family { series, start: Some(start), ..make() },
                    are_several: false,
                });
            }
            Entry::Occupied(place) => place.into_mut().add(Some(start), series),
        }
    }

    /// Adds what metrics of that name have counted that are gone.
    pub(super) fn add_counted(&mut self, name: &Text, start: SystemTime, series: Vec<Series>) {
        if let Some(parts) = self.by_name.get_mut(name) {
            parts.add(Some(start), series);
        }
    }

    /// Adds what a source says; leaves it out where the family of that name is of another kind or unit.
    pub(super) fn add_foreign(&mut self, family: Family, mut series: Vec<Series>) {
        match self.by_name.entry(family.name.clone()) {
            Entry::Vacant(place) => {
                begin(&mut series, family.start);
                place.insert(Parts { family: Family { series, ..family }, are_several: true });
            }
            Entry::Occupied(place) => {
                let parts = place.into_mut();
                if parts.family.kind == family.kind && parts.family.unit == family.unit {
                    parts.add(family.start, series);
                } else {
                    self.left_out += series.len();
                }
            }
        }
    }

    /// Counts series that were left out.
    pub(super) fn leave_out(&mut self, series: usize) {
        self.left_out += series;
    }

    /// The families, sorted by name, with each series once.
    pub(super) fn finish(self) -> Vec<Family> {
        let Self { by_name, mut left_out } = self;
        let mut families: Vec<Family> = by_name
            .into_values()
            .map(|Parts { mut family, are_several }| {
                if are_several {
                    left_out += add_up(&mut family.series);
                }
                settle(&mut family);
                family
            })
            .collect();
        families.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        #[cfg(feature = "telemetry")]
        if left_out > 0 {
            crate::own_metrics::OwnMetrics::global().series_left_out_total.add(left_out as u64);
        }
        families
    }
}

impl Parts {
    fn add(&mut self, start: Option<SystemTime>, mut series: Vec<Series>) {
        self.are_several = true;
        self.family.start = oldest(self.family.start, start);
        begin(&mut series, start);
        self.family.series.extend(series);
    }
}

/// Writes down since when series count that say nothing of their own.
fn begin(series: &mut [Series], start: Option<SystemTime>) {
    series.iter_mut().for_each(|one| one.start = one.start.or(start));
}

/// Leaves since when its series count to the family, where it says the same.
fn settle(family: &mut Family) {
    for one in &mut family.series {
        one.start = one.start.filter(|start| Some(*start) != family.start);
    }
}

fn oldest(one: Option<SystemTime>, other: Option<SystemTime>) -> Option<SystemTime> {
    one.min(other).or(one).or(other)
}

/// Adds up series with the same labels, in whatever order: several instances of one metric. How many could not be added,
/// being of another kind than the first, or having other buckets.
pub(super) fn add_up(series: &mut Vec<Series>) -> usize {
    let mut left_out = 0;
    let mut places: HashMap<LabelSet, usize> = HashMap::with_capacity(series.len());
    let mut kept: Vec<Series> = Vec::with_capacity(series.len());
    for one in series.drain(..) {
        let key = one.labels.sorted();
        match places.get(&key) {
            Some(at) => left_out += usize::from(!kept[*at].add(one)),
            None => {
                places.insert(key, kept.len());
                kept.push(one);
            }
        }
    }
    *series = kept;
    left_out
}

/// Several snapshots as one, which has each family once, and each series once. Where two have a family of one name, their
/// series stand together; a series, or a family of another kind, that an earlier snapshot has is left out.
#[cfg(feature = "telemetry")]
pub(crate) fn merged(snapshots: impl IntoIterator<Item = Snapshot>) -> Snapshot {
    let mut snapshots = snapshots.into_iter();
    let first = snapshots.next().unwrap_or_default();
    let mut time = first.time;
    let mut all = first.families;
    for snapshot in snapshots {
        time = time.max(snapshot.time);
        for family in snapshot.families {
            let place = all.binary_search_by(|other| other.name.cmp(&family.name));
            match place.map(|at| &mut all[at]) {
                Err(at) => all.insert(at, family),
                Ok(kept) if kept.kind == family.kind && kept.unit == family.unit => {
                    let mut series = family.series;
                    begin(&mut series, family.start);
                    begin(&mut kept.series, kept.start);
                    kept.start = oldest(kept.start, family.start);
                    kept.series.extend(series);
                    keep_first(&mut kept.series);
                    settle(kept);
                }
                Ok(_) => {}
            }
        }
    }
    Snapshot { families: all, time }
}

#[cfg(feature = "telemetry")]
fn keep_first(series: &mut Vec<Series>) {
    let mut seen = std::collections::HashSet::with_capacity(series.len());
    series.retain(|one| seen.insert(one.labels.clone()));
}

#[cfg(all(test, feature = "telemetry"))]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::registry::{Kind, Value};

    fn snapshot(name: &'static str, kind: Kind, series: &[(&'static str, u64)]) -> Snapshot {
        let family = Family::new(name, kind);
        let family = series
            .iter()
            .fold(family, |family, (label, value)| family.with([("l", *label)], Value::Counter(*value)));
        Snapshot::from(vec![family])
    }

    #[test]
    fn a_family_stands_once_and_so_does_a_series() {
        let one = snapshot("b", Kind::Counter, &[("x", 1), ("y", 1)]);
        let other = snapshot("b", Kind::Counter, &[("y", 2), ("z", 2)]);
        assert_eq!(merged([one, other]), snapshot("b", Kind::Counter, &[("x", 1), ("y", 1), ("z", 2)]));
    }

    #[test]
    fn a_family_of_another_kind_is_left_out() {
        let one = snapshot("b", Kind::Counter, &[("x", 1)]);
        assert_eq!(merged([one.clone(), snapshot("b", Kind::Gauge, &[("z", 2)])]), one);
    }

    #[test]
    fn a_family_counts_since_its_oldest_part() {
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        for (starts, start) in [
            ([at(2), at(1), at(3)], at(1)),
            ([None, at(2), None], at(2)),
            ([at(2), None, at(1)], at(1)),
            ([None; 3], None),
        ] {
            let mut families = Families::default();
            for start in starts {
                let family = Family { start, ..Family::new("a", Kind::Counter) };
                families.add_foreign(family, Vec::new());
            }
            assert_eq!(families.finish()[0].start, start, "{starts:?}");
        }
    }

    #[test]
    fn families_stay_sorted() {
        let both = merged([snapshot("b", Kind::Counter, &[]), snapshot("a", Kind::Counter, &[])]);
        assert!(both.family("a").is_some() && both.family("b").is_some());
        assert_eq!(both.families[0].name, "a");
    }
}
