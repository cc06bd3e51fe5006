//! Which metrics are in a registry, family by family.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use spanwright_core::context::Context;

use super::conflict::Conflict;
use super::instrument::Instrument;
use super::look::Look;
use super::merge::add_up;
use super::scope::{Scope, ScopeLabels};
use super::snapshot::{Kind, Series, Text};
use super::source::Source;

/// What is in a registry.
#[derive(Default)]
pub(super) struct Members {
    families: HashMap<Text, OfOneName>,
    pub(super) sources: Vec<Scoped>,
    pub(super) conflicts: Vec<Conflict>,
}

/// A source, and what its registry puts on what it says.
#[derive(Clone)]
pub(super) struct Scoped {
    pub(super) source: Weak<dyn Source>,
    pub(super) scope: Option<Arc<Scope>>,
}

/// The metrics of one name, which are equal.
#[derive(Default)]
struct OfOneName {
    /// Each beside the labels that its registry put on it.
    live: Vec<(Weak<Instrument>, ScopeLabels)>,
    /// By the same labels.
    residues: Vec<(ScopeLabels, Residue)>,
}

/// What metrics have counted that are gone, as long as another one of their name is there with the same labels of its
/// registry's: no series falls. Those of a registry's label that nobody has any more are gone, as a scraped target's are: else
/// whoever labels what comes and goes would keep them for ever.
#[derive(Clone)]
pub(super) struct Residue {
    pub(super) series: Vec<Series>,
    pub(super) start: SystemTime,
}

/// Where a metric is registered.
pub(super) type Home = Weak<Mutex<Members>>;

impl Members {
    /// The metrics that are there, and what others have left, by family. To be dropped outside of the lock: the last owner
    /// of a metric gives its cells back, and drops what the user gave it.
    pub(super) fn of(
        &self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> (Vec<Arc<Instrument>>, Vec<(Text, Residue)>) {
        let wanted = || self.families.iter().filter(|(name, _)| is_wanted(name));
        let live =
            wanted().flat_map(|(_, family)| &family.live).filter_map(|(one, _)| one.upgrade()).collect();
        let of = |(name, family): (&Text, &OfOneName)| {
            let name = name.clone();
            family.residues.clone().into_iter().map(move |(_, residue)| (name.clone(), residue))
        };
        (live, wanted().flat_map(of).collect())
    }

    /// How many metrics are there. Nobody's last owner is dropped here.
    pub(super) fn count(&self) -> usize {
        let live = self.families.values().flat_map(|family| &family.live);
        live.filter(|(metric, _)| metric.strong_count() > 0).count()
    }

    /// A metric of that name.
    pub(super) fn named(&self, name: &str) -> Option<Arc<Instrument>> {
        self.families.get(name)?.live.iter().find_map(|(one, _)| one.upgrade())
    }

    pub(super) fn push(&mut self, instrument: &Arc<Instrument>) {
        let family = self.families.entry(instrument.identity.name.clone()).or_default();
        family.live.push((Arc::downgrade(instrument), Arc::clone(&instrument.scope)));
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        self.families.keys()
    }

    /// Takes a metric out, and keeps what it has counted where others of its name and labels are left.
    fn remove(&mut self, instrument: &Instrument, counted: Vec<Series>) {
        let name = &instrument.identity.name;
        let Some(family) = self.families.get_mut(name) else { return };
        family.live.retain(|(other, _)| !std::ptr::eq(other.as_ptr(), instrument));
        if family.live.is_empty() {
            self.families.remove(name);
            return;
        }
        let labels = &instrument.scope;
        if !family.live.iter().any(|(_, others)| others == labels) {
            family.residues.retain(|(others, _)| others != labels);
            return;
        }
        let start = instrument.start();
        let residue = family.residue(labels, start);
        residue.start = residue.start.min(start);
        residue.series.extend(counted);
        let _all_fit = add_up(&mut residue.series);
    }
}

impl OfOneName {
    /// What is kept of metrics with these labels; nothing at first, since then.
    fn residue(&mut self, labels: &ScopeLabels, start: SystemTime) -> &mut Residue {
        let at = self.residues.iter().position(|(others, _)| others == labels).unwrap_or_else(|| {
            self.residues.push((Arc::clone(labels), Residue { series: Vec::new(), start }));
            self.residues.len() - 1
        });
        &mut self.residues[at].1
    }
}

/// The right to a metric. While it lives the metric is in its registry.
#[derive(Debug)]
pub struct Owned(Arc<Instrument>);

impl Owned {
    /// Of a metric that was just made.
    pub(crate) fn new(instrument: Arc<Instrument>) -> Self {
        Self(instrument)
    }

    /// The metric.
    pub(crate) fn instrument(&self) -> &Arc<Instrument> {
        &self.0
    }
}

impl Deref for Owned {
    type Target = Instrument;

    #[inline]
    fn deref(&self) -> &Instrument {
        &self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(home) = self.0.home().and_then(Weak::upgrade) else { return };
        let is_counted = matches!(self.0.identity.kind, Kind::Counter | Kind::Histogram);
        // Nobody writes any more: what is read now is all.
        let mut counted = Vec::new();
        if is_counted {
            counted = self.0.series(&Look::at(Context::here().store));
            counted.iter_mut().for_each(|series| series.exemplars = Vec::new());
        }
        home.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0, counted);
    }
}
