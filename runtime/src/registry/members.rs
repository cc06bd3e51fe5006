//! Which metrics are in a registry, family by family.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use spanwright_core::cells::StoreId;

use super::conflict::Conflict;
use super::identity::Identity;
use super::instrument::Instrument;
use super::refused::Refused;
use super::residue::Residue;
use super::scope::{Scope, ScopeLabels};
use super::snapshot::{Series, Text};
use super::source::Source;

/// The most conflicts that are kept. All are counted.
pub(super) const MOST_CONFLICTS: usize = 256;

/// What is in a registry.
#[derive(Default)]
pub(super) struct Members {
    families: HashMap<Text, OfOneName>,
    /// The name of the family that OpenTelemetry calls so.
    by_otel_name: HashMap<Text, Text>,
    refused: Refused,
    /// How many metrics there have ever been: the next one's number.
    metrics: u64,
    pub(super) sources: Vec<Scoped>,
    pub(super) conflicts: Vec<Conflict>,
}

/// A source, and what its registry puts on what it says.
#[derive(Clone)]
pub(super) struct Scoped {
    pub(super) source: Weak<dyn Source>,
    pub(super) scope: Option<Arc<Scope>>,
}

/// The metrics of one name, which are equal but for the values of the labels that their registry put on them.
struct OfOneName {
    declared: Declared,
    groups: BTreeMap<ScopeLabels, Group>,
}

/// What the first metric of a family says, and all others too.
pub(super) struct Declared {
    pub(super) identity: Identity,
    /// Where it was written, as `file:line`.
    pub(super) place: (&'static str, u32),
    /// How many of its labels are the registry's.
    pub(super) scoped: usize,
}

/// The metrics of one name that have the same labels of their registry's.
///
/// What those have counted that are gone stays as long as another one is there: no series falls. A group that nobody is in any
/// more is gone, as a scraped target is: else whoever labels what comes and goes would keep it for ever.
struct Group {
    /// By number, and so in the order of their registration.
    live: BTreeMap<u64, Weak<Instrument>>,
    residue: Residue,
    /// Since when it counts: when the first of them was made.
    start: SystemTime,
}

/// Where a metric is registered: the registry, and its number there.
pub(super) type Home = (Weak<Mutex<Members>>, u64);

/// What is in a family, to be read without the lock.
pub(super) struct Part<T> {
    pub(super) of: T,
    /// Since when its group counts.
    pub(super) start: SystemTime,
}

/// What the end of a metric brings about, for whoever has given the lock back.
#[derive(Default)]
#[must_use = "metrics are dropped without the lock"]
pub(super) struct Removal {
    /// How many of its series found no place of their own in the residue.
    pub(super) overflows: u64,
    /// Those that were tried again. The last owner of one gives its cells back, and drops what the user gave it.
    pub(super) _tried: Vec<Arc<Instrument>>,
}

impl Members {
    /// The metrics that are there, and what others have left in a store, by family. To be dropped outside of the lock: the
    /// last owner of a metric gives its cells back, and drops what the user gave it.
    #[allow(clippy::type_complexity, reason = "two lists, which one look under the lock gives")]
    pub(super) fn of(
        &self,
        is_wanted: impl Fn(&str) -> bool,
        store: StoreId,
    ) -> (Vec<Part<Arc<Instrument>>>, Vec<Part<(Text, Vec<Series>)>>) {
        let (mut live, mut residues) = (Vec::new(), Vec::new());
        for (name, family) in self.families.iter().filter(|(name, _)| is_wanted(name)) {
            for group in family.groups.values() {
                let start = group.start;
                let of_group = group.live.values().filter_map(Weak::upgrade);
                live.extend(of_group.map(|of| Part { of, start }));
                let left = group.residue.of(store);
                if !left.is_empty() {
                    residues.push(Part { of: (name.clone(), left), start });
                }
            }
        }
        (live, residues)
    }

    /// How many metrics there are. Nobody's last owner is dropped here.
    pub(super) fn count(&self) -> usize {
        let groups = self.families.values().flat_map(|family| family.groups.values());
        groups.flat_map(|group| group.live.values()).filter(|metric| metric.strong_count() > 0).count()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        self.families.keys()
    }

    /// Adds a metric of the registry that these are the members of; or, as long as another one is in its way, doesn't.
    pub(super) fn add(&mut self, metric: &Arc<Instrument>, registry: Weak<Mutex<Self>>) -> Option<Conflict> {
        self.metrics += 1;
        metric.settle((registry, self.metrics));
        self.put(self.metrics, metric)
    }

    fn put(&mut self, number: u64, metric: &Arc<Instrument>) -> Option<Conflict> {
        let (obstacle, conflict) = match self.obstacle(metric) {
            Some(found) => found,
            None => {
                self.push(number, metric);
                return None;
            }
        };
        self.refused.push(number, Arc::downgrade(metric), obstacle);
        Some(conflict)
    }

    /// The family that is in the metric's way, and why.
    fn obstacle(&self, metric: &Instrument) -> Option<(Text, Conflict)> {
        let identity = &metric.identity;
        let named = identity.names_in_conflict();
        let by_otel_name = self.by_otel_name.get(identity.otel_name()).map(Text::to_string);
        named.chain(by_otel_name).find_map(|name| {
            let family = self.families.get(name.as_str())?;
            let conflict = Conflict::between(&family.declared, metric)?;
            Some((family.declared.identity.name.clone(), conflict))
        })
    }

    fn push(&mut self, number: u64, metric: &Arc<Instrument>) {
        let identity = &metric.identity;
        let family = self.families.entry(identity.name.clone()).or_insert_with(|| {
            self.by_otel_name.insert(identity.otel_name().clone(), identity.name.clone());
            let (identity, scoped) = (identity.clone(), metric.scope.len());
            OfOneName {
                declared: Declared { identity, place: metric.place, scoped },
                groups: BTreeMap::new(),
            }
        });
        let new = || Group { live: BTreeMap::new(), residue: Residue::default(), start: metric.start() };
        let group = family.groups.entry(Arc::clone(&metric.scope)).or_insert_with(new);
        group.start = group.start.min(metric.start());
        group.live.insert(number, Arc::downgrade(metric));
    }

    /// Takes a metric out, and keeps what it has counted, by store, where others of its name and labels are left. What only it
    /// was in the way of comes in.
    pub(super) fn remove(
        &mut self,
        metric: &Instrument,
        number: u64,
        counted: Vec<(StoreId, Vec<Series>)>,
    ) -> Removal {
        if self.refused.remove(number) {
            return Removal::default();
        }
        let name = &metric.identity.name;
        let Some(family) = self.families.get_mut(name) else { return Removal::default() };
        let Some(group) = family.groups.get_mut(&metric.scope) else { return Removal::default() };
        group.live.remove(&number);
        if !group.live.is_empty() {
            let added = counted.into_iter().map(|(store, series)| group.residue.add(store, metric, series));
            return Removal { overflows: added.sum(), ..Removal::default() };
        }
        family.groups.remove(&metric.scope);
        if !family.groups.is_empty() {
            return Removal::default();
        }
        self.families.remove(name);
        self.by_otel_name.remove(metric.identity.otel_name());
        let mut tried = Vec::new();
        for (number, waiting) in self.refused.take(name) {
            let Some(waiting) = waiting.upgrade() else { continue };
            let _still_refused = self.put(number, &waiting);
            tried.push(waiting);
        }
        Removal { overflows: 0, _tried: tried }
    }

    /// Notes why a metric is not exported; `false` where that is known, or there is no room for it.
    pub(super) fn note(&mut self, conflict: &Conflict) -> bool {
        let is_new = self.conflicts.len() < MOST_CONFLICTS && !self.conflicts.contains(conflict);
        if is_new {
            self.conflicts.push(conflict.clone());
        }
        is_new
    }
}
