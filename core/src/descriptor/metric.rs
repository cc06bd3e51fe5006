//! What the derive writes down of a metric: all that exporters, dashboards and alerts need, known without running.

use super::{Buckets, Dimension};

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only ever goes up.
    Counter,
    /// Goes up and down by amounts: a gauge to Prometheus, a non-monotonic sum to OpenTelemetry.
    UpDownCounter,
    /// Is set to a value.
    Gauge,
    /// Counts observations by bucket.
    Histogram,
}

impl Kind {
    /// The kind's name in Prometheus' text formats.
    #[must_use]
    pub const fn prometheus_type(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDownCounter | Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric, as the derive wrote it down.
#[derive(Debug)]
pub struct MetricDescriptor {
    /// The Prometheus name, without what a flattened field or a registry with a prefix puts in front.
    pub name: &'static str,
    /// Whether the name is somebody else's, so that nothing goes in front of it (`name_exact`).
    pub is_exact: bool,
    /// What it measures.
    pub help: &'static str,
    /// The unit as in the name, or nothing.
    pub unit: &'static str,
    /// What OpenTelemetry calls it, or nothing where that is the Prometheus name.
    pub otel_name: &'static str,
    /// The unit as [UCUM](https://ucum.org) has it, or nothing where that follows from the unit.
    pub otel_unit: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The labels.
    pub dimensions: &'static [Dimension],
    /// A histogram's buckets.
    pub buckets: Buckets,
    /// The quantiles of a histogram that recording rules make metrics of: `#[metric(quantiles(…))]`.
    pub quantiles: &'static [f64],
    /// How a dashboard shows it.
    pub panel: Panel,
    /// Which values are bad.
    pub threshold: Option<Threshold>,
    /// When to tell somebody.
    pub alerts: &'static [Alert],
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// The module's path.
    pub module: &'static str,
}

impl MetricDescriptor {
    /// With nothing said: what the derive does not write down is as here.
    #[doc(hidden)]
    pub const PLAIN: Self = Self {
        name: "",
        is_exact: false,
        help: "",
        unit: "",
        otel_name: "",
        otel_unit: "",
        kind: Kind::Gauge,
        dimensions: &[],
        buckets: Buckets::Default,
        quantiles: &[],
        panel: Panel::PLAIN,
        threshold: None,
        alerts: &[],
        file: "",
        line: 0,
        module: "",
    };
}

/// How a dashboard shows a metric: `#[metric(panel(…))]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The dashboard of that title, which it stands on; nothing where that follows from where it is declared.
    pub dashboard: &'static str,
    /// The title, or nothing where the help is one.
    pub title: &'static str,
    /// The row that it stands in, or nothing.
    pub row: &'static str,
    /// How it is drawn; nothing where that follows from the metric's kind.
    pub kind: Option<PanelKind>,
    /// Whether dashboards leave it out.
    pub is_hidden: bool,
}

impl Panel {
    /// With nothing said.
    #[doc(hidden)]
    pub const PLAIN: Self = Self { dashboard: "", title: "", row: "", kind: None, is_hidden: false };
}

/// How a panel draws a metric. The names are Grafana's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanelKind {
    /// Lines over time.
    Timeseries,
    /// The current number.
    Stat,
    /// The current number on a scale.
    Gauge,
    /// A histogram's buckets over time.
    Heatmap,
    /// A row for each series.
    Table,
    /// A bar for each series, coloured by its value over time.
    Timeline,
}

/// From where on values are bad: `#[metric(threshold(…))]`. They are compared as an [`Alert`]'s are.
///
/// Where both are there and the critical one is the lower, low values are the bad ones; else high values are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Where it becomes worrying.
    pub warning: Option<f64>,
    /// Where it becomes serious.
    pub critical: Option<f64>,
}

impl Threshold {
    /// Whether low values are the bad ones.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        matches!((self.warning, self.critical), (Some(warning), Some(critical)) if critical < warning)
    }
}

/// A rule that tells somebody: `#[metric(alert(…))]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alert {
    /// Its name; nothing where it has the metric's, which `Described::alert_name` knows whole.
    pub name: &'static str,
    /// What is to be true.
    pub condition: Condition,
    /// For how long, as Prometheus writes durations (`5m`); nothing where once is enough.
    pub hold: &'static str,
    /// How bad that is.
    pub severity: Severity,
    /// What to tell, or nothing.
    pub summary: &'static str,
}

/// What an [`Alert`] waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// What a panel shows of the metric compares so: of a counter its rate per second, of a gauge and of an up-down counter
    /// the value, of a histogram a quantile.
    When {
        /// How it compares.
        comparison: Comparison,
        /// To what, in the metric's unit.
        value: f64,
        /// Which quantile of a histogram; [`Alert::QUANTILE`] where none is said.
        quantile: Option<f64>,
    },
    /// PromQL that is true, in which `$metric` stands for the metric's name.
    Expr(&'static str),
}

impl Alert {
    /// The quantile of a histogram that a condition is about where it says none.
    pub const QUANTILE: f64 = 0.95;

    /// What an alert without a name of its own is called: its metric's whole name in `PascalCase`.
    #[must_use]
    pub fn name_of(metric: &str) -> String {
        let words = metric.split('_');
        let pascal = words.flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        });
        pascal.collect()
    }
}

/// How a value compares to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// As PromQL writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

/// How bad it is that an [`Alert`] fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at in working hours.
    #[default]
    Warning,
    /// To be looked at now.
    Critical,
}

impl Severity {
    /// The name in lower case, as in the label `severity`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// The metrics of a field with `#[metric(flatten)]`.
#[derive(Debug)]
pub struct NestedMetrics {
    /// What goes in front of their names, with a `_` between, or nothing.
    pub prefix: &'static str,
    /// The field's own.
    pub descriptors: &'static [MetricDescriptor],
    /// Those that are worked out of them.
    pub derived: &'static [DerivedMetric],
    /// Those that it has flattened itself.
    pub nested: &'static [NestedMetrics],
}

/// A metric that nobody counts, since a recording rule works it out of others: `#[metrics(derived(…))]`.
#[derive(Debug)]
pub struct DerivedMetric {
    /// The Prometheus name, without what a flattened field puts in front.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// The unit as in the name, or nothing.
    pub unit: &'static str,
    /// PromQL, in pieces.
    pub expr: &'static [Piece],
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// The module's path.
    pub module: &'static str,
}

/// A piece of a [`DerivedMetric`]'s expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// PromQL.
    Text(&'static str),
    /// The name of the metric at this place among the struct's own.
    Metric(usize),
}
