//! Functions whose calls fail or take long, where no objective says what is too much.
//!
//! What several alerts ask for is recorded, once for all functions of the same families. Calls that users wait for (`server`,
//! `consumer`) are critical, those within are worth a look.

use std::time::Duration;

use spanwright_catalog::{Calls, Indicator, Span};

use super::Context;
use super::rule::{Rule, literal, pascal, snake};
use super::trial::{Expected, STEP, Series, Trial, growth, observations, simulated_buckets};
use super::with_place;
use crate::promql::{CallsIn, Matcher, is_label_name, of_function};

/// The quantile that is compared.
const QUANTILE: f64 = 0.99;

/// Which part of all calls something is, where a share of them is bad.
pub(super) type Part<'a> = &'a dyn Fn(f64) -> f64;

/// The functions whose calls can't be told apart, with the families that they go into.
pub(super) struct Function<'a> {
    pub(super) calls: &'a Calls,
    pub(super) spans: Vec<&'a Span>,
    /// For the names of alerts: unique among all functions.
    pub(super) name: String,
}

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    functions(context).iter().flat_map(|function| function.rules(context)).collect()
}

/// All functions with metrics.
pub(super) fn functions<'a>(context: &Context<'a>) -> Vec<Function<'a>> {
    let mut functions: Vec<Function<'a>> = Vec::new();
    for span in &context.catalog.spans {
        let Some(calls) = &span.calls else { continue };
        let is_same = |other: &&mut Function<'_>| {
            (&other.calls.total, &other.calls.duration, &other.calls.constant)
                == (&calls.total, &calls.duration, &calls.constant)
        };
        match functions.iter_mut().find(is_same) {
            Some(function) => function.spans.push(span),
            None => functions.push(Function { calls, spans: vec![span], name: String::new() }),
        }
    }
    let names: Vec<String> = (0..functions.len()).map(|at| name_of(&functions, at)).collect();
    functions.iter_mut().zip(names).for_each(|(function, name)| function.name = name);
    functions
}

/// The shortest name that is no other function's: its own, with its module's path, and with a number if all else fails.
fn name_of(functions: &[Function<'_>], at: usize) -> String {
    let short = |function: &Function<'_>| match function.spans.as_slice() {
        [span] => pascal(&span.function),
        _ => pascal(function.calls.total.trim_end_matches("_total")),
    };
    let long = |function: &Function<'_>| {
        let module = function.spans.first().map_or("", |span| span.place.module.as_str());
        pascal(module) + &short(function)
    };
    for name in [&short as &dyn Fn(&Function<'_>) -> String, &long] {
        let own = name(&functions[at]);
        if !own.is_empty() && functions.iter().filter(|other| name(other) == own).count() == 1 {
            return own;
        }
    }
    format!("{}Function{}", long(&functions[at]), at + 1)
}

impl Function<'_> {
    /// The labels by which its series are summed up.
    pub(super) fn by(&self) -> Vec<&str> {
        let constant = self.calls.constant.iter().map(|(label, _)| label.as_str());
        ["job"].into_iter().chain(constant.filter(|label| is_label_name(label) && *label != "job")).collect()
    }

    /// The labels of its series in tests.
    pub(super) fn tried<'a>(&'a self, job: &'a str) -> Vec<(&'a str, &'a str)> {
        let constant = self.calls.constant.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        [("job", job), ("instance", "a")].into_iter().chain(constant).collect()
    }

    pub(super) fn runbook(&self) -> String {
        let text = |span: &&Span| {
            let doc = if span.doc.is_empty() { "" } else { ": " };
            with_place(&format!("`{}`{doc}{}", span.name, span.doc), &span.place)
        };
        self.spans.iter().map(text).collect::<Vec<_>>().join("\n\n")
    }

    /// What it is called in a text.
    pub(super) fn shown(&self) -> String {
        let names: Vec<_> = self.spans.iter().map(|span| format!("`{}`", span.name)).collect();
        literal(&names.join(", "))
    }

    pub(super) fn component(&self) -> &str {
        self.spans.first().map_or("", |span| &span.component)
    }

    fn severity(&self) -> &'static str {
        let is_waited_for = |span: &&Span| matches!(span.kind.as_str(), "server" | "consumer");
        if self.spans.iter().any(is_waited_for) { "critical" } else { "warning" }
    }

    /// The name of what is recorded of a family: `job_module_function:function_calls:rate5m`.
    fn recorded(&self, family: &str, operation: &str, window: &str) -> String {
        let family = snake(family.trim_end_matches("_total"));
        format!("{}:{family}:{operation}{window}", self.by().join("_"))
    }

    fn has_objective(&self, is_it: impl Fn(&Indicator) -> bool) -> bool {
        self.spans.iter().flat_map(|span| &span.objectives).any(|objective| is_it(&objective.indicator))
    }

    fn rules(&self, context: &Context<'_>) -> Vec<Rule> {
        let by = self.by();
        let all = CallsIn { calls: self.calls, scope: &context.scope, by: &by, of: &[] };
        let Some(traffic) = all.counted() else { return Vec::new() };
        let traffic =
            Rule::record(&self.recorded(&self.calls.total, "counted_rate", &context.scope.window), traffic);
        let errors = self.errors(context, &all, &traffic.name);
        let slow = self.slow(context, &all, &traffic.name);
        if errors.is_empty() && slow.is_empty() {
            return Vec::new();
        }
        [traffic].into_iter().chain(errors).chain(slow).collect()
    }

    /// Enough calls for a ratio to say something.
    fn and_traffic(&self, context: &Context<'_>, traffic: &str, of: &[Matcher]) -> String {
        let traffic = context.scope.select(traffic, of);
        format!("{traffic} > {}", context.bounds.traffic)
    }

    fn errors(&self, context: &Context<'_>, all: &CallsIn<'_>, traffic: &str) -> Vec<Rule> {
        let bounds = context.bounds;
        let Some(ratio) = all.error_ratio() else { return Vec::new() };
        if self.has_objective(|indicator| *indicator == Indicator::Success) {
            return Vec::new();
        }
        let name = self.recorded(&self.calls.total, "error_ratio_rate", &context.scope.window);
        let of = of_function(self.calls);
        let asked = context.scope.select(&name, &of);
        let enough = self.and_traffic(context, traffic, &of);
        let expr = format!("{asked} > {} and {enough}", bounds.errors);
        let at = context.ripe(bounds.hold);
        let calls = traffic_for(bounds.traffic, at);
        let tried = |expected, what, share: f64, calls: f64| {
            self.trial(expected, what, at, self.outcomes(context, calls * share, calls, at))
        };
        let alert = Rule::alert(&format!("{}Errors", self.name), expr, self.severity())
            .with_label("component", self.component())
            .held(bounds.hold)
            .saying(
                &format!("Calls of {} fail", self.shown()),
                &format!(
                    "{{{{ $value | humanizePercentage }}}} of the calls of {} end in an error or a panic; {} may.",
                    self.shown(),
                    percent(bounds.errors)
                ),
                &self.runbook(),
            )
            .tried([
                tried(Expected::Fires, "more errors than may be", above(bounds.errors), calls),
                tried(Expected::Quiet, "fewer errors than may be", bounds.errors * 0.9, calls),
                tried(Expected::Quiet, "too few calls to say", above(bounds.errors), bounds.traffic / 2.0),
            ]);
        vec![Rule::record(&name, ratio), alert]
    }

    fn slow(&self, context: &Context<'_>, all: &CallsIn<'_>, traffic: &str) -> Vec<Rule> {
        let bounds = context.bounds;
        let Some(quantile) = all.quantile(QUANTILE, context.catalog) else { return Vec::new() };
        if self.has_objective(|indicator| matches!(indicator, Indicator::Latency { .. })) {
            return Vec::new();
        }
        let stated = context.catalog.metric(&self.calls.duration).and_then(|metric| metric.buckets.as_ref());
        let wanted = bounds.latency / self.calls.unit_seconds;
        let buckets = simulated_buckets(stated, wanted);
        let Some(bound) = reachable(wanted, &buckets) else { return Vec::new() };
        let name = self.recorded(&self.calls.duration, "p99_rate", &context.scope.window);
        let of = of_function(self.calls);
        let asked = context.scope.select(&name, &of);
        let expr = format!("{asked} > {bound} and {}", self.and_traffic(context, traffic, &of));
        let at = context.ripe(bounds.hold);
        let calls = traffic_for(bounds.traffic, at);
        let seconds = format!("{}", bound * self.calls.unit_seconds);
        let unit = if (self.calls.unit_seconds - 1.0).abs() < f64::EPSILON { "s" } else { " (in its unit)" };
        let tried = |expected, what, bucket: usize| {
            let labels = self.tried(context.tried_job());
            let durations = observations(&self.calls.duration, &labels, &buckets, bucket, calls, at);
            let series = self.outcomes(context, 0.0, calls, at).into_iter().chain(durations).collect();
            self.trial(expected, what, at, series)
        };
        let slow = buckets.iter().position(|upper| *upper > bound).unwrap_or(buckets.len());
        let mut trials = vec![tried(Expected::Fires, "calls that take longer", slow)];
        if slow > 0 {
            trials.push(tried(Expected::Quiet, "calls that take no longer", slow - 1));
        }
        let alert = Rule::alert(&format!("{}Slow", self.name), expr, self.severity())
            .with_label("component", self.component())
            .held(bounds.hold)
            .saying(
                &format!("Calls of {} take long", self.shown()),
                &format!(
                    "One in a hundred calls of {} takes longer than {{{{ $value | humanize }}}}{unit}; {seconds} s is the bound.",
                    self.shown()
                ),
                &self.runbook(),
            )
            .tried(trials);
        vec![Rule::record(&name, quantile), alert]
    }

    /// Series of which so many calls per second end badly, of so many.
    fn outcomes(&self, context: &Context<'_>, bad: f64, all: f64, time: Duration) -> Vec<Series> {
        self.outcomes_as(context, &|rate| growth(rate(bad / all) * all, time), time)
    }

    /// Series of calls; `values` says how a counter grows, given which part of the calls it counts where a share of them is
    /// bad.
    pub(super) fn outcomes_as(
        &self,
        context: &Context<'_>,
        values: &dyn Fn(Part<'_>) -> String,
        time: Duration,
    ) -> Vec<Series> {
        let labels = self.tried(context.tried_job());
        let Calls { total, errors, .. } = self.calls;
        let mut series = Vec::new();
        if self.calls.has_outcome {
            let ends: [(&str, Part<'_>); 3] =
                [("ok", &|bad| 1.0 - bad), ("error", &|bad| bad / 2.0), ("panicked", &|bad| bad / 2.0)];
            let of = |outcome, values| {
                let labels: Vec<_> = labels.iter().copied().chain([("outcome", outcome)]).collect();
                Series::new(total, &labels, values)
            };
            series.extend(ends.map(|(outcome, part)| of(outcome, values(part))));
            // Whoever gives up is not the function's fault, however many do.
            series.push(of("cancelled", growth(1000.0, time)));
        } else {
            series.push(Series::new(total, &labels, values(&|_| 1.0)));
        }
        if !errors.is_empty() {
            series.push(Series::new(errors, &labels, values(&|bad| bad)));
        }
        series
    }

    pub(super) fn trial(
        &self,
        expected: Expected,
        what: &'static str,
        at: Duration,
        series: Vec<Series>,
    ) -> Trial {
        Trial::new(expected, what, at, series).apart(&self.calls.constant)
    }
}

/// More than enough calls per second, in whole calls per step, so that growth is exact.
fn traffic_for(least: f64, _time: Duration) -> f64 {
    let per_step = (least * STEP.as_secs_f64() * 10.0).ceil().max(1000.0);
    per_step / STEP.as_secs_f64()
}

/// A share just above another one, and below 1.
fn above(share: f64) -> f64 {
    (share * 1.1).min(share + (1.0 - share) / 2.0)
}

/// The bound, or the largest that a quantile from these buckets can be above: it never says more than the last of them.
fn reachable(bound: f64, buckets: &[f64]) -> Option<f64> {
    let last_but_one = *buckets.len().checked_sub(2).and_then(|at| buckets.get(at))?;
    Some(bound.min(last_but_one))
}

pub(super) fn percent(share: f64) -> String {
    let rounded = (share * 100.0 * 1e9).round() / 1e9;
    format!("{rounded} %")
}
