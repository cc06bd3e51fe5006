//! What makes two metrics one family.

use super::snapshot::{Family, Kind, Text};
use crate::metric::Scale;

/// Of metrics with the same name, all else must be equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) name: Text,
    pub(crate) help: Text,
    pub(crate) unit: Text,
    pub(crate) kind: Kind,
    pub(crate) label_names: Vec<&'static str>,
    /// A histogram's buckets.
    pub(crate) scale: Option<Scale>,
}

/// What a histogram's samples are called, behind its name.
pub(crate) const SAMPLES: [&str; 3] = ["_bucket", "_sum", "_count"];

impl Identity {
    /// The family, without series.
    pub(crate) fn family(&self) -> Family {
        let (help, unit) = (self.help.clone(), self.unit.clone());
        Family { help, unit, ..Family::new(self.name.clone(), self.kind) }
    }

    /// Whether one of the family's samples, which is not the family's own name, has this name.
    pub(crate) fn has_sample(&self, name: &str) -> bool {
        let suffix = || name.strip_prefix(self.name.as_str());
        self.kind == Kind::Histogram && suffix().is_some_and(|suffix| SAMPLES.contains(&suffix))
    }

    /// The names of families that may be in conflict with this one.
    pub(crate) fn names_in_conflict(&self) -> impl Iterator<Item = String> {
        let own = std::iter::once(self.name.to_string());
        let samples = SAMPLES.iter().map(|suffix| format!("{}{suffix}", self.name));
        let histograms = SAMPLES.iter().filter_map(|suffix| Some(self.name.strip_suffix(suffix)?.to_owned()));
        own.chain(samples).chain(histograms)
    }
}
