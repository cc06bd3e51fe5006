//! What the macros write down at compile time: plain constants without pointers to anything that runs.

mod attribute;
mod buckets;
mod metric;
mod time_unit;

pub use attribute::{AttributeDescriptor, Examples, MAX_KEY, Redaction, ValueType};
pub use buckets::{DEFAULT_BUCKETS, DURATION_BUCKETS};
pub use metric::{
    Alert, Comparison, Condition, DerivedMetric, Kind, MetricDescriptor, NestedMetrics, Panel, PanelKind,
    Piece, Severity, Threshold,
};

pub use time_unit::TimeUnit;

use crate::objective::Objective;
use crate::slots::Outcome;

/// A level in `tracing`'s order: the smaller, the more severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// Operations that failed.
    pub const ERROR: Self = Self(1);
    /// Hazards.
    pub const WARN: Self = Self(2);
    /// What an operator wants to know; the default of `#[instrument]`.
    pub const INFO: Self = Self(3);
    /// Diagnostics.
    pub const DEBUG: Self = Self(4);
    /// Everything.
    pub const TRACE: Self = Self(5);

    /// The level of that number; the lowest for what is none.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        if 1 <= number && number <= 5 { Self(number) } else { Self::TRACE }
    }

    /// Its number, 1 for an error to 5.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The upper-case name, as in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            1 => "ERROR",
            2 => "WARN",
            3 => "INFO",
            4 => "DEBUG",
            _ => "TRACE",
        }
    }
}

/// A span's role in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum SpanKind {
    /// Within one process.
    #[default]
    Internal,
    /// Serves a request.
    Server,
    /// Waits for what it requested.
    Client,
    /// Sends a message.
    Producer,
    /// Takes a message.
    Consumer,
}

impl SpanKind {
    /// The name in lower case, as in `otel.kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// Everything that is known of a span's callsite before it runs: an annotated function's, or a foreign one's.
#[derive(Debug)]
pub struct Spec {
    /// The span's name.
    pub name: &'static str,
    /// What filters match; the module's path unless stated.
    pub target: &'static str,
    /// The span's level.
    pub level: Level,
    /// The span's role.
    pub kind: SpanKind,
    /// The component that the callsite belongs to, by which it is switched; or nothing.
    pub component: &'static str,
    /// The module's path.
    pub module: &'static str,
    /// The function's name, without its path.
    pub function: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// Names of the fields, in the order of their indexes.
    pub fields: &'static [&'static str],
    /// The first paragraph of the documentation, or nothing.
    pub doc: &'static str,
    /// The metrics of the function's calls, where asked for.
    pub calls: Option<&'static CallSpec>,
    /// Whether calls are counted in metrics that are not the function's own. The record in the binary does not say.
    pub reports: bool,
    /// What is expected of them.
    pub objectives: &'static [Objective],
}

impl Spec {
    /// A callsite of which nothing is said, and which filters match by `target`: each of its spans has a name of its own.
    #[must_use]
    pub const fn of_target(target: &'static str) -> Self {
        Self {
            name: "",
            target,
            level: Level::INFO,
            kind: SpanKind::Internal,
            component: "",
            module: "",
            function: "",
            file: "",
            line: 0,
            fields: &[],
            doc: "",
            calls: None,
            reports: false,
            objectives: &[],
        }
    }
}

/// The families that the calls of one function report into.
#[derive(Debug)]
pub struct CallSpec {
    /// The counter's name; it has the labels below and `outcome`.
    pub calls_total: &'static str,
    /// The histogram's name, in seconds.
    pub duration_seconds: &'static str,
    /// The in-flight gauge's name, where asked for.
    pub in_flight: Option<&'static str>,
    /// Labels with the same value in every call.
    pub constant: &'static [(&'static str, &'static str)],
    /// Labels evaluated at entry.
    pub dimensions: &'static [Dimension],
    /// The duration's buckets, in seconds.
    pub buckets: Buckets,
}

impl CallSpec {
    /// What the counter says.
    pub const CALLS_HELP: &'static str = "Calls by how they ended.";
    /// What the histogram says.
    pub const DURATION_HELP: &'static str = "How long calls took.";
    /// What the in-flight gauge says.
    pub const IN_FLIGHT_HELP: &'static str = "Calls that have started and not ended.";
}

/// The buckets of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Buckets {
    /// What suits the unit.
    Default,
    /// Those with these upper bounds.
    Explicit(&'static [f64]),
    /// Those of a native histogram: so many, and so fine, that no bounds have to be stated.
    Native,
}

/// One label: its name and the values it can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The label's name.
    pub name: &'static str,
    /// The attribute that it stands for, as OpenTelemetry knows it, where that is not called by the label's name; or nothing.
    pub attribute: &'static str,
    /// What it says, or nothing.
    pub help: &'static str,
    /// Its values.
    pub values: Values,
}

/// The values of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// All known at compile time; the value is the index.
    Static(&'static [&'static str]),
    /// Free text: the first `max` different ones are kept apart, the rest shares one overflow value.
    Text {
        /// How many values are kept apart.
        max: u32,
    },
}

impl Values {
    /// How many indexes the label takes.
    #[must_use]
    pub const fn cardinality(&self) -> u32 {
        match self {
            Self::Static(values) => values.len() as u32,
            Self::Text { max } => *max + 1,
        }
    }
}

/// The number of combinations of `dimensions`: 1 for none.
#[must_use]
pub const fn cardinality(dimensions: &[Dimension]) -> u32 {
    let mut product: u32 = 1;
    let mut at = 0;
    while at < dimensions.len() {
        product = product.saturating_mul(dimensions[at].values.cardinality());
        at += 1;
    }
    product
}

/// The label `outcome`.
pub const OUTCOME: Dimension = Dimension {
    name: "outcome",
    attribute: "",
    help: "How the call ended.",
    values: Values::Static(Outcome::VALUES),
};
