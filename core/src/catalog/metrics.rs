//! Structs of metrics.

use super::spans::{buckets, dimensions};
use super::table::{choice, list, optional, table};
use super::values::{flag, float, floats, number, optional_float, text};
use super::{Input, Sink};
use crate::descriptor::{
    self, Comparison, DerivedMetric, MetricDescriptor, NestedMetrics, PanelKind, Severity,
};

/// A struct of metrics, as the derive has described it.
#[derive(Clone, Copy, Debug)]
pub struct Struct {
    /// Its own metrics.
    pub descriptors: &'static [MetricDescriptor],
    /// Those that are worked out of them.
    pub derived: &'static [DerivedMetric],
    /// Those of its flattened fields.
    pub nested: &'static [NestedMetrics],
    /// Whether there is no instance but those that the program makes, so that it may be a part of others and nothing else.
    pub is_instance: bool,
}

impl Struct {
    /// Without metrics.
    pub const NOTHING: Self = Self { descriptors: &[], derived: &[], nested: &[], is_instance: false };
}

/// What was read of a struct of metrics.
#[derive(Clone, Debug)]
pub struct Metrics<'b> {
    /// Whether it may be a part of others and nothing else.
    pub is_instance: bool,
    /// Its own metrics, and those of each flattened field.
    pub groups: Vec<Group<'b>>,
}

/// Metrics behind one prefix.
#[derive(Clone, Debug)]
pub struct Group<'b> {
    /// What goes in front of their names, with a `_` between, or nothing.
    pub prefix: &'b str,
    /// The metrics.
    pub metrics: Vec<Metric<'b>>,
    /// Those that are worked out of them.
    pub derived: Vec<Derived<'b>>,
}

table! {
    /// What was read of a [`MetricDescriptor`], which says what the fields are.
    metric: MetricDescriptor => Metric {
        /// The Prometheus name, without a prefix.
        name: text,
        /// Whether nothing goes in front of it.
        is_exact: flag,
        /// What it measures.
        help: text,
        /// The unit, or nothing.
        unit: text,
        /// What OpenTelemetry calls it, or nothing.
        otel_name: text,
        /// The unit as UCUM has it, or nothing.
        otel_unit: text,
        /// The kind.
        kind: kind,
        /// The labels.
        dimensions: dimensions,
        /// A histogram's buckets.
        buckets: buckets,
        /// Its quantiles that are metrics.
        quantiles: floats,
        /// How a dashboard shows it.
        panel: panel,
        /// Which values are bad.
        threshold: threshold,
        /// When to tell somebody.
        alerts: alerts,
        /// The source file.
        file: text,
        /// The line in it.
        line: number,
        /// The module's path.
        module: text,
    }
}

table! {
    /// What was read of a [`descriptor::Panel`].
    panel_of: descriptor::Panel => Panel {
        /// The dashboard that it is on, or nothing.
        dashboard: text,
        /// The title, or nothing.
        title: text,
        /// The row, or nothing.
        row: text,
        /// How it is drawn.
        kind: optional_panel_kind,
        /// Whether dashboards leave it out.
        is_hidden: flag,
    }
}

table! {
    /// What was read of a [`descriptor::Alert`].
    alert: descriptor::Alert => Alert {
        /// Its name, or nothing.
        name: text,
        /// What is to be true.
        condition: condition,
        /// For how long, or nothing.
        hold: text,
        /// How bad that is.
        severity: severity,
        /// What to tell, or nothing.
        summary: text,
    }
}

table! {
    /// What was read of a [`DerivedMetric`].
    derived: DerivedMetric => Derived {
        /// The Prometheus name, without a prefix.
        name: text,
        /// What it says.
        help: text,
        /// The unit, or nothing.
        unit: text,
        /// PromQL, in pieces.
        expr: pieces,
        /// The source file.
        file: text,
        /// The line in it.
        line: number,
        /// The module's path.
        module: text,
    }
}

list!(metrics: [MetricDescriptor] of metric, by &);
list!(derived_metrics: [DerivedMetric] of derived, by &);
list!(alerts: [descriptor::Alert] of alert, by &);
list!(pieces: [descriptor::Piece] of piece, by);
optional!(optional_panel_kind: PanelKind as panel_kind);

choice!(kind: descriptor::Kind { Counter = 0, UpDownCounter = 1, Gauge = 2, Histogram = 3 });
choice!(panel_kind: PanelKind { Timeseries = 0, Stat = 1, Gauge = 2, Heatmap = 3, Table = 4, Timeline = 5 });
choice!(severity: Severity { Info = 0, Warning = 1, Critical = 2 });
choice!(comparison: Comparison { Above = 0, AtLeast = 1, Below = 2, AtMost = 3, Equal = 4, NotEqual = 5 });

/// A panel, by value as a metric has it.
mod panel {
    pub(crate) use super::panel_of::{Read, read};
    use super::{Sink, descriptor, panel_of};

    pub(crate) const fn write(value: descriptor::Panel, sink: &mut Sink<'_>) {
        panel_of::write(&value, sink);
    }
}

mod threshold {
    use super::{Input, Sink, descriptor, flag, optional_float};

    pub(crate) type Read<'b> = Option<descriptor::Threshold>;

    pub(crate) const fn write(value: Option<descriptor::Threshold>, sink: &mut Sink<'_>) {
        flag::write(value.is_some(), sink);
        if let Some(descriptor::Threshold { warning, critical }) = value {
            optional_float::write(warning, sink);
            optional_float::write(critical, sink);
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        if !flag::read(input)? {
            return Some(None);
        }
        let (warning, critical) = (optional_float::read(input)?, optional_float::read(input)?);
        Some(Some(descriptor::Threshold { warning, critical }))
    }
}

/// What was read of a [`descriptor::Condition`].
#[derive(Clone, Debug)]
pub enum Condition<'b> {
    /// A comparison.
    When {
        /// How it compares.
        comparison: Comparison,
        /// To what.
        value: f64,
        /// Which quantile of a histogram.
        quantile: Option<f64>,
    },
    /// PromQL, with `$metric` for the metric's name.
    Expr(&'b str),
}

mod condition {
    use super::{Condition, Input, Sink, comparison, descriptor, float, optional_float, text};

    pub(crate) type Read<'b> = Condition<'b>;

    pub(crate) const fn write(value: descriptor::Condition, sink: &mut Sink<'_>) {
        match value {
            descriptor::Condition::When { comparison: how, value, quantile } => {
                sink.number(0);
                comparison::write(how, sink);
                float::write(value, sink);
                optional_float::write(quantile, sink);
            }
            descriptor::Condition::Expr(expr) => {
                sink.number(1);
                text::write(expr, sink);
            }
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(Condition::When {
                comparison: comparison::read(input)?,
                value: float::read(input)?,
                quantile: optional_float::read(input)?,
            }),
            1 => Some(Condition::Expr(text::read(input)?)),
            _ => None,
        }
    }
}

/// What was read of a [`descriptor::Piece`].
#[derive(Clone, Copy, Debug)]
pub enum Expr<'b> {
    /// PromQL.
    Text(&'b str),
    /// The name of the metric at this place in its group.
    Metric(usize),
}

mod piece {
    use super::{Expr, Input, Sink, descriptor, number, text};

    pub(crate) type Read<'b> = Expr<'b>;

    pub(crate) const fn write(value: descriptor::Piece, sink: &mut Sink<'_>) {
        match value {
            descriptor::Piece::Text(promql) => {
                sink.number(0);
                text::write(promql, sink);
            }
            descriptor::Piece::Metric(place) => {
                sink.number(1);
                number::write(place as u32, sink);
            }
        }
    }

    pub(crate) fn read<'b>(input: &mut Input<'b>) -> Option<Read<'b>> {
        match input.number()? {
            0 => Some(Expr::Text(text::read(input)?)),
            1 => Some(Expr::Metric(number::read(input)? as usize)),
            _ => None,
        }
    }
}

/// What flattened fields put in front of names, innermost first, since a constant can't be put together.
struct Prefix<'a> {
    text: &'static str,
    outer: Option<&'a Prefix<'a>>,
}

impl Prefix<'_> {
    /// Writes it, without the text's end; whether there was anything to write.
    const fn write(&self, sink: &mut Sink<'_>) -> bool {
        let is_behind = match self.outer {
            Some(outer) => outer.write(sink),
            None => false,
        };
        if self.text.is_empty() {
            return is_behind;
        }
        if is_behind {
            sink.part("_");
        }
        sink.part(self.text);
        true
    }
}

pub(super) const fn write(value: &Struct, sink: &mut Sink<'_>) {
    flag::write(value.is_instance, sink);
    sink.number(1 + count(value.nested));
    write_group(&Prefix { text: "", outer: None }, value.descriptors, value.derived, sink);
    write_nested(None, value.nested, sink);
}

/// How many groups there are in flattened fields.
const fn count(nested: &[NestedMetrics]) -> u64 {
    let (mut all, mut at) = (0, 0);
    while at < nested.len() {
        all += 1 + count(nested[at].nested);
        at += 1;
    }
    all
}

const fn write_nested(outer: Option<&Prefix<'_>>, nested: &[NestedMetrics], sink: &mut Sink<'_>) {
    let mut at = 0;
    while at < nested.len() {
        let NestedMetrics { prefix, descriptors, derived, nested: inner } = &nested[at];
        let prefix = Prefix { text: prefix, outer };
        write_group(&prefix, descriptors, derived, sink);
        write_nested(Some(&prefix), inner, sink);
        at += 1;
    }
}

const fn write_group(
    prefix: &Prefix<'_>,
    descriptors: &[MetricDescriptor],
    derived: &[DerivedMetric],
    sink: &mut Sink<'_>,
) {
    prefix.write(sink);
    sink.end();
    metrics::write(descriptors, sink);
    derived_metrics::write(derived, sink);
}

pub(super) fn read<'b>(input: &mut Input<'b>) -> Option<Metrics<'b>> {
    let is_instance = flag::read(input)?;
    let groups = input.list(|input| {
        let (prefix, metrics, derived) =
            (text::read(input)?, metrics::read(input)?, derived_metrics::read(input)?);
        Some(Group { prefix, metrics, derived })
    })?;
    Some(Metrics { is_instance, groups })
}
