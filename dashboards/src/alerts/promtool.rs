//! The tests of rules, as `promtool test rules` reads them.
//!
//! promtool evaluates all rules in each test, so trials that do not see each other's series share one.

use std::fmt::Write;

use super::Tests;
use super::expression;
use super::rule::{Group, Kind, Rule, Trials, duration};
use super::trial::{Expected, STEP, Series, Trial};
use super::yaml::{comment, scalar};
use crate::promql::{Matcher, Scope, is_label_name};

/// Trials that are made at the same time.
type Batch<'a> = Vec<(&'a Rule, &'a Trial)>;

pub(super) fn tests(groups: &[Group], rules_file: &str, known: &expression::Known<'_>) -> Tests {
    let mut untested = Vec::new();
    let mut found: Vec<(&Rule, Vec<Trial>)> = Vec::new();
    for rule in groups.iter().flat_map(|group| &group.rules) {
        let trials = match &rule.trials {
            Trials::Known(trials) => Ok(trials.clone()),
            Trials::ByAlerts => continue,
            Trials::Unknown => expression::trials(rule, known),
            Trials::Impossible(why) => Err(why.clone()),
        };
        match trials {
            Ok(trials) => found.push((rule, trials)),
            Err(why) => untested.push(format!("{}: {why}", rule.name)),
        }
    }
    let trials = found.iter().flat_map(|(rule, trials)| trials.iter().map(move |trial| (*rule, trial)));
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let mut text = header(rules_file, &names, &untested);
    batches(trials).iter().for_each(|batch| write(&mut text, batch, ""));
    Tests { text, untested }
}

/// What comes before the tests.
pub(super) fn header(rules_file: &str, groups: &[&str], untested: &[String]) -> String {
    let mut text = comment(&format!(
        "Made by `spanwright alerts --test`: `promtool test rules` reads it beside {rules_file}."
    ));
    for rule in untested {
        text.push_str(&comment(&format!("not tested: {rule}")));
    }
    let _ = writeln!(text, "rule_files:\n  - {}", scalar(rules_file, 4));
    let _ = writeln!(text, "evaluation_interval: {}", duration(STEP));
    if !groups.is_empty() {
        text.push_str("group_eval_order:\n");
        groups.iter().for_each(|group| text.push_str(&format!("  - {}\n", scalar(group, 4))));
    }
    text.push_str("tests:\n");
    text
}

fn batches<'a>(trials: impl Iterator<Item = (&'a Rule, &'a Trial)>) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch<'a>> = Vec::new();
    for (rule, trial) in trials {
        let has_room = |batch: &&mut Batch<'_>| {
            batch.iter().all(|(other_rule, other)| {
                trial.at == other.at
                    && trial.goes_with(other)
                    && query(rule, trial) != query(other_rule, other)
            })
        };
        match batches.iter_mut().find(has_room) {
            Some(batch) => batch.push((rule, trial)),
            None => batches.push(vec![(rule, trial)]),
        }
    }
    batches
}

/// Writes trials as one test; `mark` ends the questions.
pub(super) fn write(text: &mut String, batch: &[(&Rule, &Trial)], mark: &str) {
    let Some((first, trial)) = batch.first() else { return };
    let more = if batch.len() > 1 { format!(", and {} more", batch.len() - 1) } else { String::new() };
    let name = format!("{}: {}{more}", first.name, trial.what);
    let _ = write!(text, "  - name: {}\n    interval: {}\n", scalar(&name, 6), duration(STEP));
    let mut series: Vec<&Series> = Vec::new();
    for one in batch.iter().flat_map(|(_, trial)| &trial.series) {
        if !series.contains(&one) {
            series.push(one);
        }
    }
    text.push_str(if series.is_empty() { "    input_series: []\n" } else { "    input_series:\n" });
    for series in series {
        let _ = writeln!(text, "      - series: {}", scalar(&series.selector(), 10));
        let _ = writeln!(text, "        values: {}", scalar(&series.values, 10));
    }
    text.push_str("    promql_expr_test:\n");
    for (rule, trial) in batch {
        text.push_str(&comment(&format!("{}: {}", rule.name, trial.what)).replace("# ", "      # "));
        let _ = writeln!(text, "      - expr: {}", scalar(&(query(rule, trial) + mark), 10));
        let _ = writeln!(text, "        eval_time: {}", duration(trial.at));
        text.push_str(match trial.expected {
            Expected::Quiet => "        exp_samples: []\n",
            _ => "        exp_samples:\n          - labels: '{}'\n            value: 1\n",
        });
    }
}

/// A question that is answered by 1 where a rule has done what it is to do, and else by nothing.
fn query(rule: &Rule, trial: &Trial) -> String {
    let is_certain = |(name, value): &&(String, String)| is_label_name(name) && !value.contains("{{");
    let labels = rule.labels.iter().filter(is_certain).map(|(name, value)| Matcher::is(name, value));
    let select =
        |name: &str, more: Vec<Matcher>| Scope::new("", more).select(name, &labels.collect::<Vec<_>>());
    match (rule.kind, trial.expected) {
        (Kind::Alert, _) => {
            let firing = vec![Matcher::is("alertname", &rule.name), Matcher::is("alertstate", "firing")];
            format!("count({}) > bool 0", select("ALERTS", firing))
        }
        (Kind::Record, Expected::Gives(value)) => {
            format!("count(abs({} - {value}) < 1e-6) > bool 0", select(&rule.name, Vec::new()))
        }
        (Kind::Record, _) => format!("count({}) > bool 0", select(&rule.name, Vec::new())),
    }
}
