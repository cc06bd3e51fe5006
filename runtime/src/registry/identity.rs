//! What makes two metrics one family.

use std::sync::Arc;

use super::instrument::LabelSpec;
use super::snapshot::{Family, Kind, OtelNames, Text};
use crate::metric::Scale;

/// Of metrics with the same name, all else must be equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) name: Text,
    pub(crate) help: Text,
    pub(crate) unit: Text,
    pub(crate) kind: Kind,
    pub(crate) label_names: Vec<Text>,
    /// A histogram's buckets.
    pub(crate) scale: Option<Scale>,
    /// What OpenTelemetry calls it, where that is something else.
    pub(crate) otel: Option<Arc<OtelNames>>,
}

/// What a histogram's samples are called, behind its name.
pub(crate) const SAMPLES: [&str; 3] = ["_bucket", "_sum", "_count"];

impl Identity {
    /// Without help, unit and buckets.
    pub(crate) fn new(name: &'static str, kind: Kind, labels: &LabelSpec) -> Self {
        let constant = labels.constant.iter().map(|(name, _)| *name);
        let dimensions = labels.dimensions.iter().map(|dimension| dimension.name);
        Self {
            name: name.into(),
            help: Text::default(),
            unit: Text::default(),
            kind,
            label_names: constant.chain(dimensions).map(Text::constant).collect(),
            scale: None,
            otel: None,
        }
        .called("", "", labels)
    }

    /// The same, which OpenTelemetry calls so; with nothing said, by what its labels stand for.
    pub(crate) fn called(self, name: &'static str, unit: &'static str, labels: &LabelSpec) -> Self {
        let attributes = labels.dimensions.iter().filter(|dimension| !dimension.attribute.is_empty());
        let names = OtelNames {
            name: name.into(),
            unit: unit.into(),
            attributes: attributes.map(|one| (one.name.into(), one.attribute.into())).collect(),
        };
        Self { otel: (names != OtelNames::default()).then(|| Arc::new(names)), ..self }
    }

    /// The family, without series.
    pub(crate) fn family(&self) -> Family {
        let (help, unit, otel) = (self.help.clone(), self.unit.clone(), self.otel.clone());
        Family { help, unit, otel, ..Family::new(self.name.clone(), self.kind) }
    }

    /// What OpenTelemetry calls it.
    pub(super) fn otel_name(&self) -> &Text {
        self.otel.as_ref().map(|otel| &otel.name).filter(|name| !name.is_empty()).unwrap_or(&self.name)
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
