//! What is said about metrics that are pushed.

use super::{Kind, Reason};
use crate::export::Temporality;

words! {
    /// OpenTelemetry's names of temporalities. Its `lowmemory` is cumulative for what is read by callback, and counters of
    /// ours are not; so it is `delta` here.
    TemporalityPreference -> Temporality, "`cumulative`, `delta` or `lowmemory`",
    "cumulative" => Temporality::Cumulative,
    "delta" => Temporality::Delta,
    "lowmemory" => Temporality::Delta,
    else {}
}

/// Which samples of metrics have exemplars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExemplarFilter {
    /// Those of sampled spans.
    TraceBased,
    /// None.
    AlwaysOff,
}

words! {
    /// OpenTelemetry's names of filters of exemplars.
    ExemplarFilters -> ExemplarFilter, "`trace_based` or `always_off`",
    "trace_based" => ExemplarFilter::TraceBased,
    "always_off" => ExemplarFilter::AlwaysOff,
    else {
        "always_on" => "an exemplar is the ids of a sampled span, and outside of those there are none",
    }
}

/// OpenTelemetry's names of what histograms become. Ours are decided where they are declared.
pub(crate) struct HistogramAggregation;

const EXPLICIT: &str = "explicit_bucket_histogram";
const EXPONENTIAL: &str = "base2_exponential_bucket_histogram";

impl Kind for HistogramAggregation {
    type Value = ();
    const EXPECTS: &'static str = "`explicit_bucket_histogram` or `base2_exponential_bucket_histogram`";

    fn show((): &()) -> String {
        EXPLICIT.to_owned()
    }

    fn parse(text: &str) -> Result<(), Reason> {
        let name = text.trim().to_ascii_lowercase();
        if name == EXPLICIT || name == EXPONENTIAL { Ok(()) } else { Err("".into()) }
    }

    fn remark(text: &str) -> Option<String> {
        let remark = "which is decided where a histogram is declared: write `#[metric(buckets = native)]` there; the \
                      others keep their explicit buckets";
        text.trim().eq_ignore_ascii_case(EXPONENTIAL).then(|| remark.to_owned())
    }
}
