//! Several registries as one: a page of metrics has each family once, and each series once.

use std::collections::BTreeMap;

use crate::registry::{Family, Registry, Snapshot};

/// What all registries hold. Where two have a family of one name, their series stand together; a series, or a family
/// of another kind, that an earlier registry has is left out.
pub(super) fn merged(registries: &[Registry]) -> Snapshot {
    let mut snapshots = registries.iter().map(Registry::snapshot);
    let first = snapshots.next().unwrap_or_default();
    snapshots.fold(first, merge)
}

fn merge(first: Snapshot, second: Snapshot) -> Snapshot {
    let mut families: BTreeMap<_, Family> =
        first.families.into_iter().map(|family| (family.name.clone(), family)).collect();
    for family in second.families {
        match families.get_mut(&family.name) {
            None => {
                families.insert(family.name.clone(), family);
            }
            Some(kept) if kept.kind == family.kind && kept.unit == family.unit => {
                let new = family.series.into_iter();
                let new: Vec<_> =
                    new.filter(|one| kept.series.iter().all(|other| other.labels != one.labels)).collect();
                kept.series.extend(new);
            }
            Some(_) => {}
        }
    }
    Snapshot { families: families.into_values().collect() }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::registry::{Kind, Series, Value};

    fn snapshot(name: &'static str, kind: Kind, series: &[(&'static str, u64)]) -> Snapshot {
        let series = series.iter().map(|(label, value)| Series {
            labels: vec![("l".into(), (*label).into())],
            value: Value::Counter(*value),
        });
        let family = Family {
            name: name.into(),
            help: Cow::default(),
            unit: Cow::default(),
            kind,
            series: series.collect(),
        };
        Snapshot { families: vec![family] }
    }

    #[test]
    fn a_family_stands_once_and_so_does_a_series() {
        let one = snapshot("b", Kind::Counter, &[("x", 1), ("y", 1)]);
        let other = snapshot("b", Kind::Counter, &[("y", 2), ("z", 2)]);
        assert_eq!(merge(one, other), snapshot("b", Kind::Counter, &[("x", 1), ("y", 1), ("z", 2)]));
    }

    #[test]
    fn a_family_of_another_kind_is_left_out() {
        let one = snapshot("b", Kind::Counter, &[("x", 1)]);
        assert_eq!(merge(one.clone(), snapshot("b", Kind::Gauge, &[("z", 2)])), one);
    }

    #[test]
    fn families_stay_sorted() {
        let both = merge(snapshot("b", Kind::Counter, &[]), snapshot("a", Kind::Counter, &[]));
        assert!(both.family("a").is_some() && both.family("b").is_some());
        assert_eq!(both.families[0].name, "a");
    }
}
