//! Rules for Prometheus, and their tests for promtool, from a catalogue.
//!
//! A kind of rule is a module with one function; `KINDS` names them all. A rule knows itself which series make it fire
//! (`trial`), so that none comes without its test, or without a word why it has none.

mod absence;
mod backpressure;
mod calls;
mod derived;
mod expression;
mod loss;
mod objectives;
mod promtool;
mod rule;
mod saturation;
mod selectors;
mod shorter;
mod stated;
mod trial;
pub(crate) mod yaml;

use std::collections::BTreeSet;
use std::time::Duration;

use spanwright_catalog::{Catalog, Metric};

use crate::promql::{Matcher, Scope};
#[cfg(feature = "clap")]
use rule::parse_duration;
use rule::{Group, Kind, Rule, duration};

type MakeRules = fn(&Context<'_>) -> Vec<Rule>;

/// All kinds of rules, each of which is a group. What is recorded comes before what may ask for it.
const KINDS: [(&str, MakeRules); 8] = [
    ("derived", derived::rules),
    ("calls", calls::rules),
    ("objectives", objectives::rules),
    ("saturation", saturation::rules),
    ("backpressure", backpressure::rules),
    ("absence", absence::rules),
    ("telemetry loss", loss::rules),
    ("stated", stated::rules),
];

/// From where on something is told.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Bounds {
    /// The label `job` of the service's series; without it the service's name. `--job ''` asks for series of any job.
    #[cfg_attr(feature = "clap", arg(long))]
    job: Option<String>,
    /// The window of rates, ratios and quantiles.
    #[cfg_attr(feature = "clap", arg(long, default_value = "5m", value_parser = parse_duration))]
    window: Duration,
    /// How long something has to be so, where nothing else is stated.
    #[cfg_attr(feature = "clap", arg(long = "for", default_value = "5m", value_parser = parse_duration))]
    hold: Duration,
    /// The share of a function's calls that may fail, from 0 to 1, where it has no objective.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 0.05, value_parser = share))]
    errors: f64,
    /// How many seconds 99 % of a function's calls may take at most, where it has no objective.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 1.0, value_parser = positive))]
    latency: f64,
    /// How many calls per second there must be before a ratio or a quantile says something.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 0.01, value_parser = positive))]
    traffic: f64,
    /// How many calls of a function may be in flight in one instance.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 100.0, value_parser = positive))]
    in_flight: f64,
    /// How full something with a limit may be, from 0 to 1.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 0.8, value_parser = share))]
    full: f64,
    /// How many events of backpressure there may be per second.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = 1.0, value_parser = positive))]
    backpressure: f64,
    /// Makes all times so much shorter, for trying the rules out: 20 makes 15 s of 5 m. No range gets shorter than 10 s.
    #[cfg_attr(feature = "clap", arg(long, value_name = "TIMES", conflicts_with = "test", value_parser = times))]
    shorter: Option<f64>,
}

impl Default for Bounds {
    /// As the command line has them.
    fn default() -> Self {
        let minutes = Duration::from_secs(300);
        Self {
            job: None,
            window: minutes,
            hold: minutes,
            errors: 0.05,
            latency: 1.0,
            traffic: 0.01,
            in_flight: 100.0,
            full: 0.8,
            backpressure: 1.0,
            shorter: None,
        }
    }
}

#[cfg(feature = "clap")]
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "write a share such as 0.05".to_owned())?;
    if share > 0.0 && share < 1.0 { Ok(share) } else { Err("a share is above 0 and below 1".to_owned()) }
}

#[cfg(feature = "clap")]
fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write a number such as 0.5".to_owned())?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("it must be above 0".to_owned()) }
}

#[cfg(feature = "clap")]
fn times(text: &str) -> Result<f64, String> {
    match positive(text)? {
        times if times >= 1.0 => Ok(times),
        _ => Err("it must be 1 or more".to_owned()),
    }
}

/// What rules are made from.
struct Context<'a> {
    catalog: &'a Catalog,
    bounds: &'a Bounds,
    /// Nothing where series of any job are asked for.
    job: &'a str,
    scope: Scope,
}

impl<'a> Context<'a> {
    fn new(catalog: &'a Catalog, bounds: &'a Bounds) -> Self {
        let job = bounds.job.as_deref().unwrap_or(&catalog.service.name);
        let matchers = if job.is_empty() { Vec::new() } else { vec![Matcher::is("job", job)] };
        Self { catalog, bounds, job, scope: Scope::new(&duration(bounds.window), matchers) }
    }

    /// The job in tests.
    fn tried_job(&self) -> &'a str {
        if self.job.is_empty() { "any" } else { self.job }
    }

    /// When a rule that looks at the window and holds has to have fired.
    fn ripe(&self, hold: Duration) -> Duration {
        self.bounds.window + hold + 3 * trial::STEP
    }

    /// What is said to whoever has to do something about a metric.
    fn runbook(metric: &Metric) -> String {
        with_place(&format!("{}\n\n`{}`", metric.help, metric.name), &metric.place)
    }
}

/// A text and where what it is about is declared.
fn with_place(text: &str, place: &spanwright_catalog::Place) -> String {
    let text = text.trim();
    match (text, place.file.as_str()) {
        (text, "") => text.to_owned(),
        ("", file) => format!("Declared in {file}:{}.", place.line),
        (text, file) => format!("{text}\n\nDeclared in {file}:{}.", place.line),
    }
}

/// The rules of a catalogue.
#[derive(Debug)]
pub struct Rules {
    groups: Vec<Group>,
}

/// A file of tests, and what they can't test.
#[derive(Debug)]
pub struct Tests {
    /// What `promtool test rules` reads.
    pub text: String,
    /// The rules without a test, and why.
    pub untested: Vec<String>,
}

impl Rules {
    /// Makes them.
    #[must_use]
    pub fn of(catalog: &Catalog, bounds: &Bounds) -> Self {
        let mut catalog = catalog.clone();
        // Nothing can be asked of what has no name.
        catalog.metrics.retain(|metric| !metric.name.is_empty());
        let context = Context::new(&catalog, bounds);
        let prefix = if catalog.service.name.is_empty() { "service" } else { &catalog.service.name };
        let mut seen = BTreeSet::new();
        let groups = KINDS.iter().map(|(kind, rules)| {
            let mut rules = rules(&context);
            if let Some(times) = bounds.shorter {
                rules.iter_mut().for_each(|rule| shorter::make(rule, times));
            }
            rules.retain(|rule| seen.insert((rule.name.clone(), rule.labels.clone(), rule.expr.clone())));
            Group { name: format!("{prefix}: {kind}"), rules }
        });
        Self { groups: groups.filter(|group| !group.rules.is_empty()).collect() }
    }

    /// The file that Prometheus reads.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        rule::write(&self.groups)
    }

    /// The file that `promtool test rules` reads beside the rules, which are in a file of that name.
    #[must_use]
    pub fn tests(&self, catalog: &Catalog, bounds: &Bounds, rules_file: &str) -> Tests {
        let known = expression::Known { catalog, job: Context::new(catalog, bounds).tried_job() };
        promtool::tests(&self.groups, rules_file, &known)
    }

    /// How many alerts there are.
    #[must_use]
    pub fn alerts(&self) -> usize {
        self.groups.iter().flat_map(|group| &group.rules).filter(|rule| rule.kind == Kind::Alert).count()
    }
}

#[cfg(test)]
pub(crate) mod tests;
