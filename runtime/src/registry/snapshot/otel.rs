//! What OpenTelemetry calls a family.

use super::{Family, Text};

/// What OpenTelemetry calls a family and its labels, where Prometheus calls them something else. OTLP alone is written with it.
///
/// ```
/// use std::sync::Arc;
///
/// use spanwright::registry::{Family, Kind, OtelNames};
///
/// let mut lag = Family::new("subscription_lag", Kind::Gauge);
/// let attributes = vec![("name".into(), "subscription.name".into())];
/// lag.otel = Some(Arc::new(OtelNames { name: "subscription.lag".into(), unit: "{event}".into(), attributes }));
/// assert_eq!(lag.otel_name(), "subscription.lag");
/// assert_eq!(lag.otel_key("name"), "subscription.name");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtelNames {
    /// The name; nothing where it is the family's.
    pub name: Text,
    /// The unit as [UCUM](https://ucum.org) has it; nothing where it follows from the family's.
    pub unit: Text,
    /// Names of labels, each beside the key of the attribute that it stands for. Those that are not here are called the same.
    pub attributes: Vec<(Text, Text)>,
}

impl Family {
    /// What OpenTelemetry calls it.
    #[must_use]
    pub fn otel_name(&self) -> &str {
        self.otel
            .as_ref()
            .map(|otel| otel.name.as_str())
            .filter(|name| !name.is_empty())
            .unwrap_or(&self.name)
    }

    /// What OpenTelemetry calls a label.
    #[must_use]
    pub fn otel_key<'a>(&'a self, label: &'a str) -> &'a str {
        let attributes = self.otel.as_ref().map_or(&[][..], |otel| &otel.attributes);
        attributes.iter().find(|(name, _)| *name == *label).map_or(label, |(_, key)| key)
    }
}
