//! What became worse or better between two recordings, beyond what chance makes of them.
//!
//! A percentile of a recording is that of a sample: it lies in an interval of four standard deviations of its rank. A change is told of
//! where the intervals of both recordings do not overlap, and what is sure of it is more than a bound. Counts are compared as rates, whose
//! deviation is that of Poisson's distribution. Places in the code are compared by the names of tasks and spans, since lines move.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::table;
use super::super::times::duration;
use super::Analysis;
use super::findings::{Finding, Severity};
use super::histogram::Histogram;

/// So many standard deviations are beyond chance: events come in bursts, so that two or three are not enough.
const DEVIATIONS: f64 = 4.0;
/// What is shorter is no matter, in nanoseconds.
const SHORT: u64 = 10_000;

/// What differs by less is no matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) percent: u16,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanos,
    /// A thousandth of one in a second.
    Rate,
    /// A hundredth of a percent.
    Share,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanos => "nanoseconds",
            Self::Rate => "thousandths a second",
            Self::Share => "hundredths of a percent",
        }
    }
}

/// A value that differs: what it was and is, and between which bounds.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) measure: &'static str,
    pub(crate) unit: Unit,
    pub(crate) before: (u64, u64, u64),
    pub(crate) after: (u64, u64, u64),
    pub(crate) worse: bool,
}

/// What differs.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) bound: Bound,
    /// The largest first.
    pub(crate) changes: Vec<Change>,
    pub(crate) new: Vec<Finding>,
    pub(crate) gone: Vec<Finding>,
    /// How many values were compared, and how many of them had too few events.
    pub(crate) compared: u64,
    pub(crate) too_few: u64,
}

impl Comparison {
    pub(crate) fn of(before: &Analysis, after: &Analysis, bound: Bound) -> Self {
        let key = |finding: &Finding| (finding.rule.id, finding.subject.clone());
        let missing = |of: &Analysis, from: &Analysis| -> Vec<Finding> {
            of.findings
                .iter()
                .filter(|one| !from.findings.iter().any(|other| key(one) == key(other)))
                .cloned()
                .collect()
        };
        let (new, gone) = (missing(after, before), missing(before, after));
        let mut all = Self { bound, changes: Vec::new(), new, gone, compared: 0, too_few: 0 };
        all.times(&durations(before), &durations(after));
        all.rates(before, after);
        all.changes.sort_by(|one, other| {
            other.times().total_cmp(&one.times()).then_with(|| one.what.cmp(&other.what))
        });
        all
    }

    fn times(&mut self, before: &BTreeMap<String, Histogram>, after: &BTreeMap<String, Histogram>) {
        for (what, before) in before {
            let Some(after) = after.get(what) else { continue };
            for (percent, measure) in [(50, "p50"), (99, "p99")] {
                let intervals = before.interval(percent, DEVIATIONS).zip(after.interval(percent, DEVIATIONS));
                let Some((old, new)) = intervals else {
                    self.too_few += 1;
                    continue;
                };
                let value = |of: &Histogram, (low, high)| (of.percentile(percent), low, high);
                let (old, new) = (value(before, old), value(after, new));
                self.compare(what, measure, Unit::Nanos, old, new);
            }
        }
    }

    fn rates(&mut self, before: &Analysis, after: &Analysis) {
        let (old, new) = (counts(before), counts(after));
        for (what, of) in &old {
            let Some(now) = new.get(what) else { continue };
            self.rate(what, before.time(), *of, after.time(), *now);
        }
        for (what, now) in new.iter().filter(|(what, _)| !old.contains_key(*what)) {
            self.rate(what, before.time(), 0, after.time(), *now);
        }
        let errors = |analysis: &Analysis| -> BTreeMap<String, (u64, u64)> {
            let named = analysis.spans.longest_first().into_iter();
            named.map(|(name, of)| (format!("span {name}"), (of.errors, of.durations.count))).collect()
        };
        let (old, new) = (errors(before), errors(after));
        for (what, (failed, all)) in &old {
            let Some((now_failed, now_all)) = new.get(what) else { continue };
            let share = |failed: u64, all: u64| around(failed, 1e4 / all.max(1) as f64);
            self.compare(what, "errors", Unit::Share, share(*failed, *all), share(*now_failed, *now_all));
        }
    }

    fn rate(&mut self, what: &str, time: u64, count: u64, now_time: u64, now: u64) {
        let rate = |count: u64, time: u64| around(count, 1e12 / time.max(1) as f64);
        self.compare(what, "per second", Unit::Rate, rate(count, time), rate(now, now_time));
    }

    /// Of each the value, and between what it lies.
    fn compare(
        &mut self,
        what: &str,
        measure: &'static str,
        unit: Unit,
        before: (u64, u64, u64),
        after: (u64, u64, u64),
    ) {
        self.compared += 1;
        let worse = after.1 > before.2;
        let (less, more) = match (worse, after.2 < before.1) {
            (true, _) => (before.2, after.1),
            (_, true) => (after.2, before.1),
            _ => return,
        };
        let least = less as f64 * (1.0 + f64::from(self.bound.percent) / 100.0);
        let is_short = unit == Unit::Nanos && more - less < SHORT;
        if more as f64 >= least && !is_short {
            self.changes.push(Change { what: what.to_owned(), measure, unit, before, after, worse });
        }
    }

    /// The most severe of what is new, where what became worse is a warning.
    pub(crate) fn worst(&self) -> Option<Severity> {
        let worse = self.changes.iter().any(|change| change.worse).then_some(Severity::Warning);
        self.new.iter().map(|finding| finding.severity).max().max(worse)
    }

    pub(crate) fn text(&self, after: &Analysis) -> String {
        let mut out = String::new();
        let said = |worse: bool| self.changes.iter().filter(move |change| change.worse == worse);
        for (title, worse) in [("worse", true), ("better", false)] {
            let mut rows = vec![
                ["  what", "", "before", "after", "before, for sure", "after, for sure"]
                    .map(str::to_owned)
                    .to_vec(),
            ];
            for change in said(worse).take(after.top()) {
                rows.push(row(change));
            }
            if rows.len() == 1 {
                out.push_str(&format!("{title}: nothing\n\n"));
                continue;
            }
            let count = said(worse).count();
            out.push_str(&format!("{title}: {count}\n{}", table::lines(&rows, &[0, 1])));
            out.push_str(&more(count.saturating_sub(after.top())));
            out.push('\n');
        }
        for (title, list) in [("new findings", &self.new), ("findings that are gone", &self.gone)] {
            if list.is_empty() {
                out.push_str(&format!("{title}: none\n"));
                continue;
            }
            out.push_str(&format!("{title}: {}\n", list.len()));
            for finding in list {
                // A string takes everything.
                let _ = writeln!(
                    out,
                    "  {} {} {} {}\n    {}",
                    finding.severity.name(),
                    finding.rule.id,
                    finding.place,
                    finding.subject,
                    finding.said
                );
            }
        }
        let _ = writeln!(
            out,
            "\n{} values were compared, {} more had too few events; what differs by less than {} % or by chance is left out",
            self.compared, self.too_few, self.bound.percent
        );
        super::report::without_controls(&out)
    }
}

impl Change {
    /// How many times as much, or as little.
    fn times(&self) -> f64 {
        let ratio = (self.after.0 as f64 + 1.0) / (self.before.0 as f64 + 1.0);
        if self.worse { ratio } else { 1.0 / ratio }
    }

    /// A value of it for people.
    pub(crate) fn said(&self, value: u64) -> String {
        match self.unit {
            Unit::Nanos => duration(value),
            Unit::Rate => format!("{:.2}/s", value as f64 / 1e3),
            Unit::Share => format!("{:.2} %", value as f64 / 1e2),
        }
    }
}

fn row(change: &Change) -> Vec<String> {
    let (before, after) = (change.before, change.after);
    let between = |low, high| format!("{} to {}", change.said(low), change.said(high));
    vec![
        format!("  {}", change.what),
        change.measure.to_owned(),
        change.said(before.0),
        change.said(after.0),
        between(before.1, before.2),
        between(after.1, after.2),
    ]
}

fn more(count: usize) -> String {
    if count > 0 { format!("  and {count} more\n") } else { String::new() }
}

/// A count with what chance makes of it, as so much of something.
fn around(count: u64, scale: f64) -> (u64, u64, u64) {
    // Not even of nothing it is known that it can't be.
    let away = DEVIATIONS * (count as f64).sqrt().max(1.0);
    let scaled = |count: f64| (count.max(0.0) * scale) as u64;
    (scaled(count as f64), scaled(count as f64 - away), scaled(count as f64 + away))
}

/// All that has percentiles, by what it is of.
fn durations(analysis: &Analysis) -> BTreeMap<String, Histogram> {
    let mut all = BTreeMap::new();
    for of in analysis.tasks.places.iter().filter(|of| !of.said().is_empty()) {
        // Several places make tasks of one name.
        all.entry(format!("polls of {}", of.said())).or_insert_with(Histogram::default).merge(&of.polls);
        all.entry(format!("waits of {}", of.said())).or_insert_with(Histogram::default).merge(&of.waits);
    }
    for (name, of) in analysis.spans.longest_first() {
        all.insert(format!("span {name}"), of.durations.clone());
    }
    for of in analysis.waits.iter() {
        all.entry(format!("waits on runtime {}", of.name)).or_insert_with(Histogram::default).merge(&of.all);
    }
    all.insert("waits of the blocking pool".to_owned(), analysis.queues.queued.clone());
    all
}

/// All that is counted, of what there should be little.
fn counts(analysis: &Analysis) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::from([
        ("long polls".to_owned(), analysis.blocking.longest.count),
        ("idle workers while tasks waited".to_owned(), analysis.idle.found.count),
    ]);
    for of in analysis.tasks.places.iter().filter(|of| !of.said().is_empty()) {
        *all.entry(format!("tasks left of {}", of.said())).or_default() += of.alive;
        *all.entry(format!("panics of {}", of.said())).or_default() += of.panicked();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl Iterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.for_each(|value| histogram.add(value));
        histogram
    }

    fn changes(before: Histogram, after: Histogram) -> Vec<(&'static str, bool)> {
        let mut all = Comparison {
            bound: Bound { percent: 25 },
            changes: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
            compared: 0,
            too_few: 0,
        };
        let named = |of: Histogram| BTreeMap::from([("a".to_owned(), of)]);
        all.times(&named(before), &named(after));
        all.changes.iter().map(|change| (change.measure, change.worse)).collect()
    }

    #[test]
    fn what_chance_or_the_bound_explains_is_no_change() {
        let values = |scale: u64, count: u64| {
            histogram((0..count).map(move |index| (1000 + index * 7919 % 1000) * scale))
        };
        assert_eq!(changes(values(1000, 5000), values(1010, 5000)), []);
        assert_eq!(changes(values(1000, 5000), values(1200, 5000)), [], "a fifth is below the bound");
        let worse = [("p50", true), ("p99", true)];
        assert_eq!(changes(values(1000, 5000), values(1600, 5000)), worse);
        assert_eq!(
            changes(values(1600, 5000), values(1000, 5000)),
            worse.map(|(measure, _)| (measure, false))
        );
        assert_eq!(changes(values(1000, 5000), values(1600, 20)), [], "of twenty values little is known");
        assert_eq!(changes(values(1, 5000), values(4, 5000)), [], "some microseconds are no matter");
    }

    #[test]
    fn of_few_events_a_rate_is_hardly_known() {
        let (value, low, high) = around(4, 1.0);
        assert_eq!((value, low, high), (4, 0, 12));
        let (_, low, _) = around(10_000, 1.0);
        assert_eq!(low, 9600);
        assert_eq!(around(0, 1.0), (0, 0, 4));
    }
}
