//! Metrics as Prometheus scrapes them: its text format 0.0.4, OpenMetrics 1.0, and its protobuf messages.
//!
//! | Module | Does |
//! | --- | --- |
//! | [`Format::negotiate`] (`negotiate`) | chooses the format that a scraper asks for |
//! | [`encode`], [`to_text`] | write a snapshot |
//! | `text`, `protobuf` | how |
//! | `declared` | as what OpenMetrics takes a family |
//! | `distribution` | the buckets that all formats show of a histogram, and the exemplar of each |
//! | `names` | what has a valid name |
//! | `number` | numbers as Go writes them, which both texts take for canonical |
//!
//! Sources: [Prometheus' formats](https://prometheus.io/docs/instrumenting/exposition_formats/),
//! [OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/),
//! [`metrics.proto`](https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto).
//!
//! Invariants:
//! - the names of samples and the bounds of buckets are the same in all formats, so that no dashboard depends on what was
//!   negotiated;
//! - help and label values may hold anything;
//! - what a format can't say is left out rather than written wrong, so that it costs no more than itself: see
//!   [`encode_into`].

mod declared;
mod distribution;
pub(crate) mod names;
mod negotiate;
mod number;
mod protobuf;
#[cfg(test)]
pub(in crate::export) mod tests;
mod text;

pub(crate) use number::canonical_float;

use crate::registry::Snapshot;

/// A format that Prometheus scrapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus' text format, version 0.0.4: what every scraper reads.
    #[default]
    PrometheusText,
    /// OpenMetrics, version 1.0.0: with units, exemplars and an end mark, so that a cut answer is noticed.
    OpenMetrics,
    /// Messages `io.prometheus.client.MetricFamily`, each with its length before it: with exemplars, native histograms and
    /// the time since when something is counted.
    PrometheusProtobuf,
}

impl Format {
    /// The format to answer a request with, by its `Accept` header (several such headers: joined with commas).
    ///
    /// Media ranges, parameters and quality values are read as RFC 9110 (12.5.1) has them: for each format the most
    /// specific range that covers it counts, and the format with the greater quality wins; among equals the one that
    /// is asked for more specifically, then [`Format::PrometheusText`]. A `version` other than the format's own does
    /// not cover it. [`Format::PrometheusProtobuf`] must be asked for by its name, its `proto` and `encoding=delimited`.
    /// Where nothing that is asked for can be given, or the header can't be read, the answer is
    /// [`Format::PrometheusText`], since some text is of more use to a scraper than an error.
    ///
    /// ```
    /// use spanwright::export::exposition::Format;
    ///
    /// assert_eq!(Format::negotiate(None), Format::PrometheusText);
    /// assert_eq!(Format::negotiate(Some("*/*")), Format::PrometheusText);
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate(Some(prometheus)), Format::OpenMetrics);
    /// ```
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        accept.map_or(Self::PrometheusText, negotiate::negotiate)
    }

    /// The `Content-Type` of what is in this format.
    ///
    /// ```
    /// use spanwright::export::exposition::Format;
    ///
    /// assert_eq!(Format::PrometheusText.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::PrometheusProtobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// A snapshot in Prometheus' text format 0.0.4; see [`encode_into`].
///
/// ```
/// use spanwright::export::exposition::to_text;
/// use spanwright::registry::{Family, Kind, Snapshot, Value};
///
/// let visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
/// let text = to_text(&Snapshot::from(vec![visits]));
/// assert_eq!(text, "# TYPE visits_total counter\nvisits_total{page=\"home\"} 3\n");
/// ```
#[must_use]
pub fn to_text(snapshot: &Snapshot) -> String {
    number::into_text(encode(Format::PrometheusText, snapshot))
}

/// A snapshot in OpenMetrics; see [`encode_into`].
///
/// ```
/// use spanwright::export::exposition::to_openmetrics;
/// use spanwright::registry::{Family, Kind, Snapshot, Value};
///
/// let mut visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
/// visits.help = "Visits of the page.".into();
/// assert_eq!(
///     to_openmetrics(&Snapshot::from(vec![visits])),
///     "# HELP visits Visits of the page.\n# TYPE visits counter\nvisits_total{page=\"home\"} 3\n# EOF\n"
/// );
/// ```
#[must_use]
pub fn to_openmetrics(snapshot: &Snapshot) -> String {
    number::into_text(encode(Format::OpenMetrics, snapshot))
}

/// A snapshot in a format; see [`encode_into`].
///
/// ```
/// use spanwright::export::exposition::{Format, encode};
/// use spanwright::registry::Snapshot;
///
/// let snapshot = Snapshot::default();
/// assert_eq!(encode(Format::OpenMetrics, &snapshot), b"# EOF\n");
/// assert!(encode(Format::PrometheusProtobuf, &snapshot).is_empty());
/// ```
#[must_use]
pub fn encode(format: Format, snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(format, snapshot, &mut out);
    out
}

/// Appends a snapshot to `out`.
///
/// Values are in the families' units. Left out of every format: families without a valid name of Prometheus, series with a
/// label name that is not valid, stands twice or is `__name__` (of a histogram, `le`), values that are not of their
/// family's kind, and histograms that contradict themselves: without a bucket for each bound and one more, with bounds that do
/// not ascend, or with native buckets where there are no numbers.
///
/// **Text** shows native histograms as classic ones, with their `bounds`. A family without series still has its `# HELP` and
/// `# TYPE`. 0.0.4 has no exemplars.
///
/// **OpenMetrics**:
/// - a counter is declared without `_total`; one whose name lacks that suffix, or would then be another family's
///   name or sample, is declared `unknown` under its full name, without exemplars;
/// - a family whose name is that of a histogram's sample (`_bucket`, `_sum`, `_count`, `_created`) is left out;
/// - the unit is declared where the name ends in it;
/// - a counter that is negative or NaN is left out, and so are `_sum` and `_count` of a histogram with a negative bound or
///   a sum that is negative or NaN, as the format demands (the infinite bucket has the count);
/// - of the exemplars in a bucket the newest is shown;
/// - there is no `_created`: Prometheus takes it for one more series of each counter and histogram.
///
/// It ends with `# EOF`, so texts of two registries can't be joined; join their snapshots.
///
/// **Protobuf**: a native histogram has its classic buckets too, for scrapers that are told to keep those. A family with
/// both kinds of histograms is two messages, since Prometheus goes by the first histogram of a message; one without series is
/// none. Counters are floating-point numbers there, and lose precision above 2⁵³.
///
/// ```
/// use spanwright::export::exposition::{Format, encode_into};
/// use spanwright::registry::Snapshot;
///
/// let mut out = b"# A comment.\n".to_vec();
/// encode_into(Format::OpenMetrics, &Snapshot::default(), &mut out);
/// assert_eq!(out, b"# A comment.\n# EOF\n");
/// ```
pub fn encode_into(format: Format, snapshot: &Snapshot, out: &mut Vec<u8>) {
    match format {
        Format::PrometheusText => text::write_prometheus(snapshot, out),
        Format::OpenMetrics => text::write_openmetrics(snapshot, out),
        Format::PrometheusProtobuf => protobuf::write(snapshot, out),
    }
}
