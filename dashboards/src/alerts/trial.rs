//! Series for promtool, and what a rule makes of them.

use std::time::Duration;

use spanwright_catalog::{Buckets, Comparison, Kind, Metric};

use crate::promql::{Matcher, Scope, some_values};

/// How far samples, and evaluations, are apart.
pub(crate) const STEP: Duration = Duration::from_secs(60);

/// Some series, and what a rule makes of them.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) expected: Expected,
    /// What is tried: `errors just above the bound`.
    pub(crate) what: &'static str,
    pub(crate) series: Vec<Series>,
    /// Metrics of which no more series may be there.
    pub(crate) without: Vec<String>,
    /// When it is looked at.
    pub(crate) at: Duration,
    /// The labels that the rule selects by: what is told apart by them can be tried at the same time.
    pub(crate) apart: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Expected {
    Fires,
    Quiet,
    /// A recording rule gives that.
    Gives(f64),
    /// A recording rule gives something.
    Something,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    /// As promtool writes them: `0+6x60`.
    pub(crate) values: String,
}

impl Trial {
    pub(crate) fn new(expected: Expected, what: &'static str, at: Duration, series: Vec<Series>) -> Self {
        Self { expected, what, series, without: Vec::new(), at, apart: Vec::new() }
    }

    pub(crate) fn apart(mut self, labels: &[(String, String)]) -> Self {
        self.apart = labels.to_vec();
        self
    }

    pub(crate) fn without(mut self, metrics: &[&str]) -> Self {
        self.without = metrics.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Whether both can be tried at once, since neither sees the other's series.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        let told_apart = self.apart.iter().any(|(label, value)| {
            other.apart.iter().any(|(other_label, other_value)| label == other_label && value != other_value)
        });
        let names = || self.series.iter().chain(&other.series).map(|series| &series.name);
        let of = |trial: &Self, name: &String| -> Vec<Series> {
            trial.series.iter().filter(|series| series.name == *name).cloned().collect()
        };
        // Both may look at the same series, as they may at `up`.
        let is_shared = |name: &String| {
            let (own, others) = (of(self, name), of(other, name));
            !own.is_empty() && !others.is_empty() && own != others
        };
        let is_unwanted = |name: &String| self.without.contains(name) || other.without.contains(name);
        told_apart || !names().any(|name| is_shared(name) || is_unwanted(name))
    }
}

impl Series {
    pub(crate) fn new(name: &str, labels: &[(&str, &str)], values: String) -> Self {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { name: name.to_owned(), labels, values }
    }

    /// As promtool reads it: `name{label="value"}`.
    pub(crate) fn selector(&self) -> String {
        let matchers: Vec<Matcher> =
            self.labels.iter().map(|(name, value)| Matcher::is(name, value)).collect();
        Scope::new("", Vec::new()).select(&self.name, &matchers)
    }
}

fn steps(time: Duration) -> u64 {
    time.as_secs().div_ceil(STEP.as_secs()) + 1
}

/// The same value for so long.
pub(crate) fn level(value: f64, time: Duration) -> String {
    run(value, 0.0, time)
}

/// A counter that grows so fast per second.
pub(crate) fn growth(per_second: f64, time: Duration) -> String {
    run(0.0, per_second * STEP.as_secs_f64(), time)
}

/// What grows so fast per second for some time, and differently for the rest.
pub(crate) fn growth_then(first: f64, time: Duration, second: f64, rest: Duration) -> String {
    let (first, second) = (first * STEP.as_secs_f64(), second * STEP.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "times are short")]
    let reached = first * steps(time) as f64;
    format!("{} {}", run(0.0, first, time), run(reached + second, second, rest))
}

/// A value that changes by as much in each step.
fn run(from: f64, step: f64, time: Duration) -> String {
    let sign = if step < 0.0 { '-' } else { '+' };
    format!("{from}{sign}{}x{}", step.abs(), steps(time))
}

/// The labels that tests give to a metric's series: the job, an instance, and a value for each of its own.
pub(crate) fn labels_of<'a>(metric: &'a Metric, job: &'a str) -> Vec<(&'a str, &'a str)> {
    [("job", job), ("instance", "a")].into_iter().chain(some_values(metric)).collect()
}

/// Series of which [`Scope::shown`] gives a value that compares as wanted, or not; `None` where no series do that.
pub(crate) fn shown_as(
    metric: &Metric,
    job: &str,
    quantile: f64,
    (comparison, bound): (Comparison, f64),
    wanted: bool,
    at: Duration,
) -> Option<Vec<Series>> {
    let labels = labels_of(metric, job);
    let fits = |value: &f64| compares(*value, comparison, bound) == wanted;
    let distance = (bound.abs() * 0.1).max(1e-3);
    let near = [bound + distance, bound - distance, bound];
    match metric.kind {
        Kind::Gauge | Kind::UpDownCounter => {
            let value = near.into_iter().find(fits)?;
            Some(vec![Series::new(&metric.name, &labels, level(value, at))])
        }
        Kind::Counter => {
            // Of a rate the last digits are not known.
            let is_exact = |value: &f64| *value == 0.0 || (value - bound).abs() > distance / 2.0;
            let possible = near.into_iter().chain([0.0]).filter(|value| *value >= 0.0 && is_exact(value));
            let value = possible.into_iter().find(fits)?;
            Some(vec![Series::new(&metric.name, &labels, growth(value, at))])
        }
        Kind::Histogram => {
            let bounds = simulated_buckets(metric.buckets.as_ref(), bound);
            let lower = |at: usize| if at == 0 { 0.0 } else { bounds[at - 1] };
            let value = |at: usize| lower(at) + (bounds[at] - lower(at)) * quantile;
            let near = |value: f64| (value - bound).abs() < bound.abs() * 1e-6;
            let bucket = (0..bounds.len()).find(|at| fits(&value(*at)) && !near(value(*at)))?;
            Some(observations(&metric.name, &labels, &bounds, bucket, 1.0, at))
        }
    }
}

/// The buckets that a test can use: those that are stated, or some around the bound.
pub(crate) fn simulated_buckets(stated: Option<&Buckets>, bound: f64) -> Vec<f64> {
    match stated {
        Some(Buckets::Explicit(bounds)) => {
            let is_usable = |bound: &f64| bound.is_finite() && *bound > 0.0;
            bounds.iter().copied().filter(is_usable).collect()
        }
        _ if bound > 0.0 => vec![bound / 4.0, bound / 2.0, bound * 2.0, bound * 4.0],
        _ => vec![1.0, 2.0],
    }
}

/// A histogram all of whose observations fall into one bucket, so many per second.
pub(crate) fn observations(
    name: &str,
    labels: &[(&str, &str)],
    bounds: &[f64],
    bucket: usize,
    per_second: f64,
    time: Duration,
) -> Vec<Series> {
    let written: Vec<String> = bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]).collect();
    let buckets = written.iter().enumerate().map(|(at, le)| {
        let labels: Vec<_> = labels.iter().copied().chain([("le", le.as_str())]).collect();
        let rate = if at >= bucket { per_second } else { 0.0 };
        Series::new(&format!("{name}_bucket"), &labels, growth(rate, time))
    });
    let count = Series::new(&format!("{name}_count"), labels, growth(per_second, time));
    buckets.chain([count]).collect()
}

#[expect(clippy::float_cmp, reason = "as Prometheus compares")]
fn compares(value: f64, comparison: Comparison, bound: f64) -> bool {
    match comparison {
        Comparison::Above => value > bound,
        Comparison::AtLeast => value >= bound,
        Comparison::Below => value < bound,
        Comparison::AtMost => value <= bound,
        Comparison::Equal => value == bound,
        Comparison::NotEqual => value != bound,
    }
}
