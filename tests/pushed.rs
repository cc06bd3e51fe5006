//! Metrics as a receiver of OTLP had them, and as a scrape has them: the same numbers by the same names.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::backends::{OtlpReceiver, StrictParser, attributes, each, hex};
use crate::shop::http;

/// Names and values of labels.
pub(crate) type Labels = BTreeMap<String, String>;

/// A value and what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) labels: Labels,
    /// In nanoseconds of Unix time; zero where there is none.
    pub(crate) start: u64,
    pub(crate) time: u64,
    pub(crate) value: Value,
    /// Trace, span and value of the exemplars.
    pub(crate) exemplars: Vec<(String, String, f64)>,
}

/// What a point says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    /// Upper bounds with how much is in each bucket, the infinite one last.
    Histogram {
        buckets: Vec<(f64, f64)>,
        sum: f64,
        count: f64,
    },
}

/// A metric, of all pushes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metric {
    pub(crate) unit: String,
    pub(crate) help: String,
    /// `gauge`, `sum`, `histogram` or `exponential_histogram`.
    pub(crate) kind: String,
    pub(crate) is_monotonic: bool,
    pub(crate) is_delta: bool,
    /// By time.
    pub(crate) points: Vec<Point>,
}

/// Metrics by name.
pub(crate) type Metrics = BTreeMap<String, Metric>;

/// Protobuf's JSON has integers of 64 bits as text, and leaves zero out.
fn number(json: &Json) -> f64 {
    match json {
        Json::String(text) => text.parse().expect("a number"),
        Json::Null => 0.0,
        json => json.as_f64().expect("a number"),
    }
}

fn nanos(json: &Json) -> u64 {
    json.as_str().map_or(0, |text| text.parse().expect("nanoseconds"))
}

fn value(point: &Json) -> Value {
    if let Some(value) = point.get("as_int").or(point.get("as_double")) {
        return Value::Number(number(value));
    }
    let counts = |json: &Json| each(json, &["bucket_counts"]).map(number).collect::<Vec<_>>();
    let buckets = if point.get("positive").is_some() || point.get("scale").is_some() {
        let base = f64::exp2(-number(&point["scale"])).exp2();
        let offset = number(&point["positive"]["offset"]) as i32;
        let zero = (number(&point["zero_threshold"]), number(&point["zero_count"]));
        // OpenTelemetry's bucket `i` is above `base^i` and not above `base^(i + 1)`.
        let numbered = (offset + 1..).zip(counts(&point["positive"]));
        [zero].into_iter().chain(numbered.map(|(at, count)| (base.powi(at), count))).collect()
    } else {
        let bounds = each(point, &["explicit_bounds"]).map(number).chain([f64::INFINITY]);
        bounds.zip(counts(point)).collect()
    };
    Value::Histogram { buckets, sum: number(&point["sum"]), count: number(&point["count"]) }
}

fn point(point: &Json) -> Point {
    let labels = attributes(point).into_iter();
    let text = |value: Json| value["string_value"].as_str().unwrap_or_default().to_owned();
    Point {
        labels: labels.map(|(name, value)| (name, text(value))).collect(),
        start: nanos(&point["start_time_unix_nano"]),
        time: nanos(&point["time_unix_nano"]),
        value: value(point),
        exemplars: each(point, &["exemplars"])
            .map(|json| (hex(&json["trace_id"]), hex(&json["span_id"]), number(&json["as_double"])))
            .collect(),
    }
}

/// All metrics that a receiver has got from us.
#[track_caller]
pub(crate) fn metrics(receiver: &OtlpReceiver) -> Metrics {
    let requests = receiver.session("metrics").expect("it answers");
    let mut metrics = Metrics::new();
    let resources = each(&requests, &[]).flat_map(|request| each(request, &["resource_metrics"]));
    for scope in resources.flat_map(|resource| each(resource, &["scope_metrics"])) {
        assert_eq!(scope["scope"]["name"], "spanwright", "{scope}");
        for json in each(scope, &["metrics"]) {
            let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
            let kinds = ["gauge", "sum", "histogram", "exponential_histogram"];
            let kind = kinds.into_iter().find(|kind| json.get(kind).is_some()).expect("a metric has data");
            let data = &json[kind];
            let metric = metrics.entry(text("name")).or_default();
            metric.unit = text("unit");
            metric.help = text("description");
            metric.kind = kind.to_owned();
            metric.is_monotonic = data["is_monotonic"] == true;
            metric.is_delta = data["aggregation_temporality"] == "AGGREGATION_TEMPORALITY_DELTA";
            metric.points.extend(each(data, &["data_points"]).map(point));
        }
    }
    // The receiver tells of the last request first.
    metrics.values_mut().for_each(|metric| metric.points.sort_by_key(|point| point.time));
    metrics
}

impl Metric {
    /// What a receiver makes of all points of each series: the last one, or the sum where they are deltas.
    pub(crate) fn values(&self) -> BTreeMap<Labels, Value> {
        let mut values = BTreeMap::<Labels, Value>::new();
        for point in &self.points {
            let value = match values.remove(&point.labels) {
                Some(before) if self.is_delta => before.plus(&point.value),
                _ => point.value.clone(),
            };
            values.insert(point.labels.clone(), value);
        }
        values
    }
}

impl Value {
    fn plus(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => Self::Number(one + other),
            (
                Self::Histogram { buckets, sum, count },
                Self::Histogram { buckets: more, sum: more_sum, count: more_count },
            ) => {
                // Exponential histograms have other buckets each time.
                let mut all = buckets;
                for (bound, more) in more {
                    match all.iter_mut().find(|(its, _)| its == bound) {
                        Some((_, count)) => *count += more,
                        None => all.push((*bound, *more)),
                    }
                }
                Self::Histogram { buckets: all, sum: sum + more_sum, count: count + more_count }
            }
            (one, other) => panic!("{one:?} and {other:?} are of one series"),
        }
    }

    /// The sample of this name and, of a bucket, this bound.
    fn sample(&self, suffix: &str, bound: Option<f64>) -> f64 {
        match (self, suffix, bound) {
            (Self::Number(value), "", None) => *value,
            (Self::Histogram { sum, .. }, "_sum", None) => *sum,
            (Self::Histogram { count, .. }, "_count", None) => *count,
            (Self::Histogram { buckets, .. }, "_bucket", Some(bound)) => {
                // Powers of two are not exact on their way through `base`.
                let is_below = |its: f64| its <= bound * (1.0 + 1e-9);
                buckets.iter().filter(|(its, _)| is_below(*its)).map(|(_, count)| count).sum()
            }
            other => panic!("there is no such sample: {other:?}"),
        }
    }
}

/// A scrape: its families as the strict parser has them.
pub(crate) fn scrape(address: &str, parser: &StrictParser) -> BTreeMap<String, Json> {
    let request =
        http().get(format!("http://{address}/metrics")).header("accept", "application/openmetrics-text");
    let text = request.call().expect("it answers").body_mut().read_to_string().expect("it answers text");
    parser.parse("openmetrics", &text)
}

/// Whether a metric moves between a scrape and a push though the program does nothing, or is on the page alone.
fn moves_by_itself(name: &str) -> bool {
    let moves = ["process_", "tokio_", "network_namespace_"].iter().any(|prefix| name.starts_with(prefix));
    moves || name.ends_with("_used_bytes") || name.contains("scrape") || name.starts_with("target")
}

/// Every number of the scrape is what was pushed, and nothing else was pushed.
#[track_caller]
pub(crate) fn assert_same(metrics: &Metrics, scraped: &BTreeMap<String, Json>) {
    let mut seen = BTreeMap::<&str, usize>::new();
    for (family, json) in scraped.iter().filter(|(family, _)| !moves_by_itself(family)) {
        for sample in each(json, &["samples"]) {
            let name = sample["name"].as_str().expect("a name");
            let mut labels: Labels = serde_json::from_value(sample["labels"].clone()).expect("labels");
            let scraped =
                sample["value"].as_str().and_then(|value| value.parse::<f64>().ok()).expect("a number");
            let Some((metric, suffix)) = of_sample(metrics, name) else {
                panic!("`{name}` of `{family}` was not pushed")
            };
            let bound = labels.remove("le").map(|bound| match bound.as_str() {
                "+Inf" => f64::INFINITY,
                bound => bound.parse().expect("a bound"),
            });
            let values = metrics[metric].values();
            let value = values.get(&labels).unwrap_or_else(|| panic!("{name}{labels:?} was not pushed"));
            let pushed = value.sample(suffix, bound);
            let is_same = (pushed - scraped).abs() <= 1e-9 * scraped.abs();
            assert!(is_same, "{name}{labels:?} {bound:?}: {pushed} was pushed, and {scraped} is scraped");
            if suffix.is_empty() || suffix == "_count" {
                *seen.entry(metric).or_default() += 1;
            }
        }
    }
    for (name, metric) in metrics.iter().filter(|(name, _)| !moves_by_itself(name)) {
        assert_eq!(seen.get(name.as_str()), Some(&metric.values().len()), "series of `{name}`");
    }
}

/// The metric that a sample is of, and what its name has besides.
fn of_sample<'a>(metrics: &'a Metrics, name: &'a str) -> Option<(&'a str, &'a str)> {
    ["", "_bucket", "_sum", "_count"].into_iter().find_map(|suffix| {
        let metric = name.strip_suffix(suffix)?;
        metrics.contains_key(metric).then_some((metric, suffix))
    })
}
