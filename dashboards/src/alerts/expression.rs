//! Tests of somebody's own PromQL: series that make it fire are looked for, by trying small families of them in promtool.
//!
//! What the expression asks for, and the numbers in it, say which series are worth trying; whether they do it promtool alone says.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use spanwright_catalog::{Catalog, Kind as MetricKind, Metric};

use super::promtool::{header, write};
use super::rule::{Group, Kind, Rule, write as write_rules};
use super::selectors::{Asked, Selector};
use super::trial::{Expected, STEP, Series, Trial, growth, growth_then, level};

/// No more are tried of one rule.
const MOST: usize = 400;
/// Rules that look back further are not tried: promtool goes minute by minute.
const LONGEST: Duration = Duration::from_secs(2 * 86_400);

/// What is known when series are looked for.
pub(super) struct Known<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) job: &'a str,
}

/// Series that make it fire, and series that do not.
pub(super) fn trials(rule: &Rule, known: &Known<'_>) -> Result<Vec<Trial>, String> {
    let asked = Asked::of(&rule.expr);
    let at = asked.longest.saturating_add(rule.hold).saturating_add(10 * STEP);
    if at > LONGEST {
        return Err("its window is too long to be tried".to_owned());
    }
    if asked.selectors.is_empty() {
        return Err("it asks for no metric by its name".to_owned());
    }
    let candidates = candidates(&asked, known, at);
    let fired = fired(rule, &candidates, at)?;
    let outcome = |wanted: bool| candidates.iter().zip(&fired).filter(move |(_, fired)| **fired == wanted);
    let Some((firing, _)) = outcome(true).next() else {
        return Err(format!("none of {} families of series that were tried makes it fire", candidates.len()));
    };
    let expected = if rule.kind == Kind::Alert { Expected::Fires } else { Expected::Something };
    let fires = Trial::new(expected, "series that were found to fire it", at, firing.clone());
    // The one that is nearest to those that fire it says most.
    let distance = |series: &Vec<Series>| {
        let has = |one: &&Series| firing.contains(one);
        (firing.len().abs_diff(series.len()), firing.len() - series.iter().filter(has).count())
    };
    let nearest = outcome(false).min_by_key(|(series, _)| distance(series));
    let quiet = nearest.map(|(series, _)| {
        let names: Vec<&str> = asked.selectors.iter().map(|selector| selector.name.as_str()).collect();
        Trial::new(Expected::Quiet, "series that were found not to", at, series.clone()).without(&names)
    });
    match quiet {
        Some(quiet) => Ok(vec![fires, quiet]),
        None => Err("all families of series that were tried make it fire".to_owned()),
    }
}

/// Each selector with each of its shapes, those with all series first.
fn candidates(asked: &Asked, known: &Known<'_>, at: Duration) -> Vec<Vec<Series>> {
    let shapes: Vec<Vec<Vec<Series>>> =
        asked.selectors.iter().map(|selector| shapes(selector, &asked.numbers, known, at)).collect();
    let mut all: Vec<Vec<Series>> = vec![Vec::new()];
    for of_selector in &shapes {
        let longer = all.iter().flat_map(|series| {
            of_selector.iter().map(move |shape| series.iter().chain(shape).cloned().collect::<Vec<_>>())
        });
        all = longer.take(MOST * 4).collect();
    }
    // Many are tried where few metrics are asked for; of many metrics a sample that is spread over all.
    let every = all.len().div_ceil(MOST).max(1);
    let mut chosen: Vec<_> = all.into_iter().step_by(every).collect();
    chosen.dedup();
    chosen
}

/// What one selector's series may be like.
fn shapes(selector: &Selector, numbers: &[f64], known: &Known<'_>, at: Duration) -> Vec<Vec<Series>> {
    let family = family(&selector.name, known.catalog);
    let labels = labels(selector, family, known);
    let labels: Vec<(&str, &str)> =
        labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let one = |values: String| vec![Series::new(&selector.name, &labels, values)];
    if selector.name.ends_with("_bucket") && !selector.labels.iter().any(|(label, _, _)| label == "le") {
        return histograms(&selector.name, &labels, numbers, at);
    }
    let is_counter =
        family.is_some_and(|metric| matches!(metric.kind, MetricKind::Counter | MetricKind::Histogram));
    let near = numbers.iter().flat_map(|number| [number * 1.25 + 0.01, number * 0.75 - 0.01]);
    let mut values: Vec<String> = if is_counter {
        let rates = [10.0, 0.05, 10_000.0, 0.0].into_iter().chain(near.filter(|rate| *rate > 0.0));
        rates.map(|rate| growth(rate, at)).collect()
    } else {
        let levels = [1.0, 0.0, 1e6, -1e6].into_iter().chain(near).map(|value| level(value, at));
        levels.chain([growth(1.0, at), growth(-1.0, at), growth_then(1.0, at / 2, -1.0, at / 2)]).collect()
    };
    values.dedup();
    values.into_iter().map(one).chain([Vec::new()]).collect()
}

/// Observations below, between and beyond the numbers in the expression.
fn histograms(name: &str, labels: &[(&str, &str)], numbers: &[f64], at: Duration) -> Vec<Vec<Series>> {
    let mut bounds: Vec<f64> =
        numbers.iter().filter(|number| **number > 0.0).flat_map(|n| [n / 2.0, n * 2.0, n * 4.0]).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let buckets = |first: usize| {
        let written = bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()]).enumerate();
        let series = written.map(|(index, le)| {
            let labels: Vec<_> = labels.iter().copied().chain([("le", le.as_str())]).collect();
            Series::new(name, &labels, growth(if index >= first { 1.0 } else { 0.0 }, at))
        });
        series.collect::<Vec<_>>()
    };
    (0..=bounds.len()).rev().map(buckets).chain([Vec::new()]).collect()
}

/// The metric that a series belongs to.
fn family<'a>(name: &str, catalog: &'a Catalog) -> Option<&'a Metric> {
    let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end));
    [name].into_iter().chain(of_histogram).find_map(|name| catalog.metric(name))
}

/// The labels that fit the selector; the others are as the catalogue has them.
fn labels(selector: &Selector, family: Option<&Metric>, known: &Known<'_>) -> Vec<(String, String)> {
    let mut labels = vec![("job".to_owned(), known.job.to_owned()), ("instance".to_owned(), "a".to_owned())];
    let own = family.map(crate::promql::some_values).unwrap_or_default();
    labels.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    for (label, operator, value) in &selector.labels {
        let value = match operator.as_str() {
            "=" => value.clone(),
            "=~" => value.split('|').next().unwrap_or_default().replace(".*", "x").replace(".+", "x"),
            // Any other value.
            _ => "other".to_owned(),
        };
        match labels.iter_mut().find(|(name, _)| name == label) {
            Some((_, old)) => *old = value,
            None => labels.push((label.clone(), value)),
        }
    }
    labels
}

/// Which of them promtool says make it fire.
fn fired(rule: &Rule, candidates: &[Vec<Series>], at: Duration) -> Result<Vec<bool>, String> {
    let promtool =
        find().ok_or("`promtool` is not on the PATH, so series that make it fire can't be looked for")?;
    let folder = Folder::new().map_err(|error| format!("there is no place for promtool's files: {error}"))?;
    let expected = if rule.kind == Kind::Alert { Expected::Fires } else { Expected::Something };
    let mut tests = header("rules.yml", &[], &[]);
    for (number, series) in candidates.iter().enumerate() {
        let trial = Trial::new(expected, "", at, series.clone());
        write(&mut tests, &[(rule, &trial)], &candidate(number));
    }
    let group = Group { name: "tried".to_owned(), rules: vec![rule.clone()] };
    let written =
        folder.write("rules.yml", &write_rules(&[group])).and_then(|()| folder.write("tests.yml", &tests));
    written.map_err(|error| format!("promtool's files can't be written: {error}"))?;
    let output = Command::new(promtool).current_dir(&folder.0).args(["test", "rules", "tests.yml"]).output();
    let output = output.map_err(|error| format!("`promtool` does not start: {error}"))?;
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let failed: Vec<bool> = (0..candidates.len()).map(|at| said.contains(&candidate(at))).collect();
    if !output.status.success() && !failed.contains(&true) {
        let line =
            said.lines().map(str::trim).find(|line| line.contains("rror")).unwrap_or("it says nothing");
        return Err(format!("promtool does not take it: {line}"));
    }
    Ok(failed.into_iter().map(|failed| !failed).collect())
}

/// A comment in a test's question, which promtool repeats where the answer is another one.
fn candidate(number: usize) -> String {
    format!(" # candidate {number}.")
}

pub(super) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file())
}

/// A folder for as long as it is looked at.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> std::io::Result<Self> {
        use std::sync::atomic::{AtomicU32, Ordering};

        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("spanwright-alerts-{}-{number}", std::process::id()));
        // One that is there already is somebody else's.
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(super) fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        std::fs::write(self.0.join(name), text)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is small, and in a place for such files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
