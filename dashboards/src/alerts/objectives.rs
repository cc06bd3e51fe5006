//! Objectives: how fast their error budgets burn, over several windows.
//!
//! After the SRE workbook's "Alerting on SLOs", chapter 5, approach 6: an alert fires when a share of the budget is used up within a
//! long window, and a window of a twelfth of that says that it still goes on. Of 30 days the long windows are 1 h, 6 h, 1 d and
//! 3 d; of another time they are as much shorter or longer, and so is how long it takes to notice.

use std::collections::BTreeSet;
use std::time::Duration;

use spanwright_catalog::{Indicator, Objective, Span};

use super::Context;
use super::calls::{Function, Part, functions, percent};
use super::rule::{Rule, duration, literal, pascal};
use super::trial::{Expected, STEP, Series, Trial, growth_then};
use crate::promql::{CallsIn, Matcher, bound, of_function};

/// The share of the budget, the part of the objective's window that the long window is, and whether it wakes somebody.
const ROWS: [(f64, u64, bool); 4] =
    [(0.02, 720, true), (0.05, 120, true), (0.1, 30, false), (0.1, 10, false)];

/// In shorter ones there are too few scrapes for a rate.
const SHORTEST_LONG: u64 = 300;
const SHORTEST_SHORT: u64 = 120;

/// Over longer windows the calls themselves would be too many to ask for every minute: there, what was recorded is summed up.
const LONGEST_RATE: Duration = Duration::from_secs(6 * 3600);

/// What is recorded of five minutes: calls per second.
const BAD: &str = "job:slo_bad_calls:rate5m";
const COUNTED: &str = "job:slo_counted_calls:rate5m";

/// Two windows, and how many times faster than allowed the budget burns in both.
#[derive(Debug, PartialEq)]
struct Burn {
    long: Duration,
    short: Duration,
    factor: f64,
    wakes: bool,
}

pub(super) fn rules(context: &Context<'_>) -> Vec<Rule> {
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for function in functions(context) {
        for span in &function.spans {
            for objective in span.objectives.iter().filter(|objective| is_usable(objective)) {
                let Some(question) = Question::of(&function, objective) else { continue };
                let name = name_of(span, objective, &mut names);
                rules.extend(Budget { context, function: &function, objective, question, name }.rules());
            }
        }
    }
    rules
}

fn is_usable(objective: &Objective) -> bool {
    objective.ratio > 0.0 && objective.ratio < 1.0 && objective.window_seconds > 0
}

/// A name that no other objective has: its own, the function's and what it is about, the same with the module.
fn name_of(span: &Span, objective: &Objective, names: &mut BTreeSet<String>) -> String {
    let about = match objective.indicator {
        Indicator::Success => "success".to_owned(),
        Indicator::Latency { seconds, .. } => format!("latency_{seconds}s"),
    };
    let short = format!("{}_{about}", span.function);
    let long = format!("{}::{short}", span.place.module);
    let named = (!objective.name.is_empty()).then(|| objective.name.clone());
    let numbered = (2..).map(|number: u32| format!("{short}_{number}"));
    let mut candidates = named.into_iter().chain([short.clone(), long]).chain(numbered);
    let name = candidates.find(|name| !names.contains(name)).unwrap_or_default();
    names.insert(name.clone());
    name
}

/// What is bad, and what counts.
struct Question {
    indicator: Indicator,
}

impl Question {
    /// Where the function's families can answer it.
    fn of(function: &Function<'_>, objective: &Objective) -> Option<Self> {
        let calls = function.calls;
        let is_known = match objective.indicator {
            Indicator::Success => !calls.total.is_empty() && (calls.has_outcome || !calls.errors.is_empty()),
            Indicator::Latency { .. } => !calls.duration.is_empty(),
        };
        is_known.then_some(Self { indicator: objective.indicator })
    }

    /// Bad calls per second, and all that count.
    fn rates(&self, calls: &CallsIn<'_>) -> Option<(String, String)> {
        match self.indicator {
            Indicator::Success => Some((calls.bad()?, calls.counted()?)),
            Indicator::Latency { bucket, .. } => Some((calls.slow(bucket)?, calls.observed()?)),
        }
    }
}

/// An objective, and all that its rules are made from.
struct Budget<'a> {
    context: &'a Context<'a>,
    function: &'a Function<'a>,
    objective: &'a Objective,
    question: Question,
    name: String,
}

impl Budget<'_> {
    fn rules(&self) -> Vec<Rule> {
        // One that allows so many bad calls that not even all of them would burn it so fast can't be told so early.
        let burns: Vec<Burn> = burns(self.objective.window_seconds)
            .into_iter()
            .filter(|burn| burn.factor * self.allowed() < 1.0)
            .collect();
        let windows: BTreeSet<Duration> = burns.iter().flat_map(|burn| [burn.long, burn.short]).collect();
        let ratios = windows.iter().filter_map(|window| self.ratio(*window));
        let alerts = burns.iter().map(|burn| self.alert(burn));
        self.recorded().into_iter().chain(ratios).chain([self.left()]).chain(alerts).collect()
    }

    /// The share of calls that may be bad.
    fn allowed(&self) -> f64 {
        1.0 - self.objective.ratio
    }

    /// The same for a reader: `0.001`, not `0.0010000000000000009`.
    fn rounded(value: f64) -> f64 {
        (value * 1e12).round() / 1e12
    }

    fn labelled(&self, rule: Rule) -> Rule {
        rule.with_label("slo", &self.name)
    }

    fn selected(&self, recorded: &str) -> String {
        self.context.scope.select(recorded, &[Matcher::is("slo", &self.name)])
    }

    fn rates(&self, window: Duration) -> Option<(String, String)> {
        let scope = self.context.scope.over(&duration(window));
        let of = of_function(self.function.calls);
        self.question.rates(&CallsIn { calls: self.function.calls, scope: &scope, by: &["job"], of: &of })
    }

    /// What long windows are made from.
    fn recorded(&self) -> Vec<Rule> {
        let Some((bad, counted)) = self.rates(Duration::from_secs(300)) else { return Vec::new() };
        vec![self.labelled(Rule::record(BAD, bad)), self.labelled(Rule::record(COUNTED, counted))]
    }

    fn ratio(&self, window: Duration) -> Option<Rule> {
        let ratio = if window > LONGEST_RATE {
            self.share_over(window)
        } else {
            let (bad, counted) = self.rates(window)?;
            format!("{bad} / {counted}")
        };
        Some(self.labelled(Rule::record(&ratio_name(window), ratio)))
    }

    /// The share of bad calls, from what five minutes recorded.
    fn share_over(&self, window: Duration) -> String {
        let window = duration(window);
        let (bad, counted) = (self.selected(BAD), self.selected(COUNTED));
        format!("sum_over_time({bad}[{window}]) / sum_over_time({counted}[{window}])")
    }

    /// How much of the budget is left. 1 is all of it, 0 nothing; below that the objective is missed.
    fn left(&self) -> Rule {
        let share = self.share_over(Duration::from_secs(self.objective.window_seconds));
        let allowed = Self::rounded(self.allowed());
        let at = Duration::from_secs(3600);
        let half = self.calls(self.allowed() / 2.0, at, self.allowed() / 2.0, Duration::ZERO);
        let trial = self.function.trial(Expected::Gives(0.5), "half of the budget is used", at, half);
        let left = Rule::record("job:slo_error_budget:left_ratio", format!("1 - ({share}) / {allowed}"));
        self.labelled(left).tried([trial])
    }

    fn alert(&self, burn: &Burn) -> Rule {
        let Burn { long, short, factor, wakes } = burn;
        let most = Self::rounded(factor * self.allowed());
        let (in_long, in_short) = (self.selected(&ratio_name(*long)), self.selected(&ratio_name(*short)));
        let expr = format!("{in_long} > {most} and {in_short} > {most}");
        let severity = if *wakes && self.objective.pages { "critical" } else { "warning" };
        let (text, kept) = match self.objective.indicator {
            Indicator::Success => ("Success", "succeed".to_owned()),
            Indicator::Latency { seconds, .. } => ("Latency", format!("take no longer than {seconds} s")),
        };
        let name = if self.objective.name.is_empty() {
            format!("{}{text}BudgetBurn", self.function.name)
        } else {
            format!("{}BudgetBurn", pascal(&self.objective.name))
        };
        let summary =
            format!("The error budget of `{}` burns {factor:.1} times too fast", literal(&self.name));
        let description = format!(
            "Within {}, {{{{ $value | humanizePercentage }}}} of the calls of {} were bad. {} of them are to {kept} within {}.",
            duration(*long),
            self.function.shown(),
            percent(self.objective.ratio),
            duration(Duration::from_secs(self.objective.window_seconds)),
        );
        let runbook = [self.objective.description.as_str(), &self.function.runbook()].join("\n\n");
        self.labelled(Rule::alert(&name, expr, severity))
            .with_label("component", self.function.component())
            .with_label("long", &duration(*long))
            .with_label("short", &duration(*short))
            .saying(&summary, &description, runbook.trim())
            .tried(self.trials(*short, most))
    }

    fn trials(&self, short: Duration, most: f64) -> [Trial; 3] {
        // A ratio says the same of the first minutes as of a whole window.
        let soon = short + 3 * STEP;
        let beyond = most + (1.0 - most).min(most) / 5.0;
        let tried = |expected, what, (before, time): (f64, Duration), (after, rest): (f64, Duration)| {
            self.function.trial(expected, what, time + rest, self.calls(before, time, after, rest))
        };
        [
            tried(Expected::Fires, "more bad calls than that", (beyond, soon), (beyond, Duration::ZERO)),
            tried(
                Expected::Quiet,
                "fewer bad calls than that",
                (most * 0.9, soon),
                (most * 0.9, Duration::ZERO),
            ),
            tried(Expected::Quiet, "bad calls that are over", (beyond.max(0.9), short / 2), (0.0, soon)),
        ]
    }

    /// Series with a share of bad calls for a time, and another one for the rest.
    fn calls(&self, before: f64, time: Duration, after: f64, rest: Duration) -> Vec<Series> {
        const PER_SECOND: f64 = 1000.0;

        let values =
            |part: Part<'_>| growth_then(part(before) * PER_SECOND, time, part(after) * PER_SECOND, rest);
        match self.objective.indicator {
            Indicator::Success => self.function.outcomes_as(self.context, &values, time + rest),
            Indicator::Latency { bucket, .. } => {
                let duration = &self.function.calls.duration;
                let labels = self.function.tried(self.context.tried_job());
                let le = bound_in_tests(bucket);
                let in_bucket: Vec<_> = labels.iter().copied().chain([("le", le.as_str())]).collect();
                vec![
                    Series::new(&format!("{duration}_bucket"), &in_bucket, values(&|bad| 1.0 - bad)),
                    Series::new(&format!("{duration}_count"), &labels, values(&|_| 1.0)),
                ]
            }
        }
    }
}

/// A bound as Prometheus has it: `1` is asked for as `1.0` too.
fn bound_in_tests(bucket: f64) -> String {
    if bound(bucket) == Matcher::is("le", &bucket.to_string()) {
        bucket.to_string()
    } else {
        format!("{bucket}.0")
    }
}

fn ratio_name(window: Duration) -> String {
    format!("job:slo_bad_calls:ratio_rate{}", duration(window))
}

/// The pairs of windows of an objective.
fn burns(window: u64) -> Vec<Burn> {
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^52 seconds")]
    let row = |(share, part, wakes): (f64, u64, bool)| {
        let long = in_minutes(window / part).max(SHORTEST_LONG);
        let short = in_minutes(long / 12).max(SHORTEST_SHORT);
        let factor = share * window as f64 / long as f64;
        Burn { long: Duration::from_secs(long), short: Duration::from_secs(short), factor, wakes }
    };
    let mut burns: Vec<Burn> = ROWS.map(row).into_iter().filter(|burn| burn.factor > 0.99).collect();
    burns.dedup_by_key(|burn| burn.long);
    burns
}

/// To whole minutes, which windows are usually written in.
const fn in_minutes(seconds: u64) -> u64 {
    (seconds + 30) / 60 * 60
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn shown(window: u64) -> Vec<String> {
        let show = |burn: &Burn| {
            let (long, short) = (duration(burn.long), duration(burn.short));
            format!("{:.1} {long} {short}{}", burn.factor, if burn.wakes { " wakes" } else { "" })
        };
        burns(window).iter().map(show).collect()
    }

    #[test]
    fn windows_are_those_of_the_workbook_and_follow_the_objectives() {
        assert_eq!(shown(30 * DAY), ["14.4 1h 5m wakes", "6.0 6h 30m wakes", "3.0 1d 2h", "1.0 3d 6h"]);
        assert_eq!(
            shown(7 * DAY),
            ["14.4 14m 2m wakes", "6.0 1h24m 7m wakes", "3.0 5h36m 28m", "1.0 16h48m 1h24m"]
        );
        // Windows have a shortest length, and then the factor is what the share of the budget makes it.
        assert_eq!(shown(DAY)[0], "5.8 5m 2m wakes");
        assert_eq!(shown(60), Vec::<String>::new());
    }
}
