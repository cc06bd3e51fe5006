//! The metrics of a struct as they are once all is put together: under their whole names.

use std::borrow::Cow;
use std::vec;

use spanwright_core::descriptor::{Alert, MetricDescriptor, NestedMetrics};

/// A text that a macro made, such as `include_str!`, without what is empty around it.
#[must_use]
pub const fn trimmed(text: &'static str) -> &'static str {
    text.trim_ascii()
}

/// A metric of a struct or of one that it flattens, under its whole name.
#[derive(Clone, Debug)]
pub struct Described {
    /// The Prometheus name.
    pub name: Cow<'static, str>,
    /// What OpenTelemetry calls it.
    pub otel_name: Cow<'static, str>,
    /// All else.
    pub descriptor: &'static MetricDescriptor,
}

impl Described {
    /// The name of one of the metric's alerts: its own, or the metric's whole one in `PascalCase`.
    #[must_use]
    pub fn alert_name(&self, alert: &Alert) -> Cow<'static, str> {
        match alert.name {
            "" => Alert::name_of(&self.name).into(),
            name => name.into(),
        }
    }
}

/// All metrics of a struct: its own first. Made by [`Metrics::descriptors`](crate::Metrics::descriptors).
#[derive(Clone, Debug)]
pub struct Descriptors(vec::IntoIter<Described>);

impl Descriptors {
    pub(super) fn of(own: &'static [MetricDescriptor], nested: &'static [NestedMetrics]) -> Self {
        let mut all = Vec::with_capacity(own.len());
        describe("", own, nested, &mut all);
        Self(all.into_iter())
    }
}

impl Iterator for Descriptors {
    type Item = Described;

    fn next(&mut self) -> Option<Described> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Descriptors {}

fn describe(
    prefix: &str,
    own: &'static [MetricDescriptor],
    nested: &'static [NestedMetrics],
    all: &mut Vec<Described>,
) {
    all.extend(own.iter().map(|descriptor| {
        let prefix = if descriptor.is_exact { "" } else { prefix };
        let name = prefixed(prefix, "_", descriptor.name);
        let otel_name = match descriptor.otel_name {
            "" => name.clone(),
            otel_name => prefixed(prefix, ".", otel_name),
        };
        Described { name, otel_name, descriptor }
    }));
    for nested in nested {
        describe(&prefixed(prefix, "_", nested.prefix), nested.descriptors, nested.nested, all);
    }
}

/// A name behind a prefix, where there are both.
fn prefixed(prefix: &str, between: &str, name: &'static str) -> Cow<'static, str> {
    match (prefix, name) {
        ("", name) => name.into(),
        (prefix, "") => prefix.to_owned().into(),
        (prefix, name) => format!("{prefix}{between}{name}").into(),
    }
}
