//! Metrics as lines.

use std::time::{Duration, SystemTime};

use super::request::{Item, key_value, text};
use super::{FileError, FileSettings, Lines};
use crate::export::delta::Deltas;
use crate::export::json::{self, Object};
use crate::export::points::{self, Data, Point, exponential, unix_nanos};
use crate::export::{ExportError, MetricExporter, Temporality};
use crate::registry::{Exemplar, Histogram, NativeHistogram, Snapshot, Value};
use crate::span::AttributeRef;

/// Writes metrics to a file: each line is an `ExportMetricsServiceRequest` in OTLP's JSON.
///
/// The file is treated as by [`FileExporter`](super::FileExporter), and must be another one: OTLP's files have one kind of
/// data each. Names and units are those that are sent over OTLP.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use spanwright::export::MetricExporter as _;
/// use spanwright::export::file::{FileMetricExporter, FileSettings};
/// use spanwright::registry::{Family, Kind, Snapshot, Value};
///
/// let path = std::env::temp_dir().join(format!("metrics-{}.jsonl", std::process::id()));
/// let mut exporter = FileMetricExporter::new(FileSettings { path: path.clone(), ..FileSettings::default() })?;
/// let visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
/// exporter.export(&Snapshot::from(vec![visits]), Duration::MAX)?;
/// assert!(std::fs::read_to_string(&path)?.contains(r#""asInt":"3""#));
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileMetricExporter {
    lines: Lines,
    /// Nothing where values are cumulative.
    deltas: Option<Deltas>,
}

impl FileMetricExporter {
    /// An exporter of cumulative values with these settings. The file is opened, and nothing written yet.
    ///
    /// # Errors
    /// [`FileError::Open`] where the file can't be opened or made.
    ///
    /// ```
    /// use spanwright::export::file::{FileMetricExporter, FileSettings};
    ///
    /// let to_standard_output = FileMetricExporter::new(FileSettings::default())?;
    /// # Ok::<(), spanwright::export::file::FileError>(())
    /// ```
    pub fn new(settings: FileSettings) -> Result<Self, FileError> {
        Ok(Self { lines: Lines::new(settings)?, deltas: None })
    }

    /// The same with this temporality.
    ///
    /// ```
    /// use spanwright::export::Temporality;
    /// use spanwright::export::file::{FileMetricExporter, FileSettings};
    ///
    /// let exporter = FileMetricExporter::new(FileSettings::default())?.temporality(Temporality::Delta);
    /// # Ok::<(), spanwright::export::file::FileError>(())
    /// ```
    #[must_use]
    pub fn temporality(self, temporality: Temporality) -> Self {
        let deltas = (temporality == Temporality::Delta).then(|| Deltas::new(SystemTime::now()));
        Self { deltas, ..self }
    }
}

impl MetricExporter for FileMetricExporter {
    fn name(&self) -> &'static str {
        "file"
    }

    /// Appends a snapshot, in one line or several. The timeout is not looked at: a disk takes as long as it takes.
    ///
    /// # Errors
    /// When data points could not be written, or one is greater alone than the file may become. What is lost of deltas is
    /// lost for good.
    fn export(&mut self, snapshot: &Snapshot, _timeout: Duration) -> Result<(), ExportError> {
        let Some(deltas) = &mut self.deltas else {
            return self.lines.append(&points::all(snapshot).collect::<Vec<_>>());
        };
        let changes = deltas.owed(snapshot);
        let points = points::with_changes(snapshot, &changes);
        let written = self.lines.append(&points);
        deltas.settle_all(&points);
        written
    }
}

impl Item for Point<'_> {
    const ARRAYS: [&'static str; 3] = ["resourceMetrics", "scopeMetrics", "metrics"];
    const SCOPE_VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const CLOSE: &'static str = "]}}";

    fn target(&self) -> &str {
        "spanwright"
    }

    fn continues(&self, before: &Self) -> bool {
        self.shares_metric(before)
    }

    /// A metric up to the points that it has.
    fn open(&self, out: &mut String) {
        json::object(out, |object| {
            object.text("name", self.family.otel_name());
            text(object, "description", &self.family.help);
            text(object, "unit", &self.unit());
        });
        // The object goes on.
        out.pop();
        let data = self.data();
        out.push_str(match data {
            Data::Gauge => ",\"gauge\":{",
            Data::Sum { .. } => ",\"sum\":{",
            Data::Histogram => ",\"histogram\":{",
            Data::ExponentialHistogram => ",\"exponentialHistogram\":{",
        });
        if data != Data::Gauge {
            out.extend(["\"aggregationTemporality\":", &self.temporality_number().to_string(), ","]);
        }
        if data.is_monotonic() {
            out.push_str("\"isMonotonic\":true,");
        }
        out.push_str("\"dataPoints\":[");
    }

    fn write(&self, object: &mut Object<'_>) {
        object.array("attributes", self.attributes(), |out, (name, value)| {
            key_value(out, name, AttributeRef::Str(value));
        });
        if let Some(start) = self.start_unix_nanos() {
            object.quoted("startTimeUnixNano", start);
        }
        object.quoted("timeUnixNano", unix_nanos(self.time));
        match &self.series.value {
            Value::Counter(value) => match i64::try_from(*value) {
                Ok(value) => object.quoted("asInt", value),
                Err(_) => object.float("asDouble", *value as f64),
            },
            Value::FloatCounter(value) | Value::Gauge(value) => object.float("asDouble", *value),
            Value::Histogram(value) => histogram(object, value),
            Value::NativeHistogram(value) => exponential_histogram(object, value),
        }
        object.array("exemplars", self.series.exemplars.iter(), |out, exemplar| {
            json::object(out, |object| self::exemplar(object, exemplar));
        });
    }
}

fn histogram(object: &mut Object<'_>, value: &Histogram) {
    object.quoted("count", value.count());
    object.float("sum", value.sum);
    object.array("bucketCounts", value.buckets.iter(), quoted);
    object.array("explicitBounds", value.bounds.iter(), |out, bound| json::float(out, *bound));
}

fn exponential_histogram(object: &mut Object<'_>, value: &NativeHistogram) {
    let (value, offset) = exponential(value);
    object.quoted("count", value.count());
    object.float("sum", value.sum);
    object.bare("scale", value.schema);
    object.quoted("zeroCount", value.zero_count);
    if !value.buckets.is_empty() {
        object.object("positive", |object| {
            object.bare("offset", offset);
            object.array("bucketCounts", value.buckets.iter(), quoted);
        });
    }
    object.float("zeroThreshold", value.zero_threshold);
}

fn exemplar(object: &mut Object<'_>, exemplar: &Exemplar) {
    object.quoted("timeUnixNano", unix_nanos(exemplar.time));
    object.float("asDouble", exemplar.value);
    if exemplar.trace_id.is_some() {
        object.quoted("spanId", exemplar.span_id);
        object.quoted("traceId", exemplar.trace_id);
    }
}

/// A number of 64 bits, which is a text in this JSON.
fn quoted(out: &mut String, number: &u64) {
    json::text(out, &number.to_string());
}
