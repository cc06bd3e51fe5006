//! Objectives: what is left of each budget, and how fast it is used up.

use spanwright_catalog::{Catalog, Indicator, Objective, PanelKind, Span, Threshold};

use super::calls;
use super::panel::{Panel, Query, Row};
use crate::promql::{self, CallsIn, Scope};
use crate::units;

/// The windows of burn rates, with the rates at which alerts of several windows page: the Site Reliability Workbook, chapter 5.
const WINDOWS: [&str; 4] = ["5m", "1h", "6h", "3d"];
/// A budget of 30 days is used up in 5 days at this rate, and in 2 at the other one.
const BURNS: Threshold = Threshold { warning: Some(6.0), critical: Some(14.4) };
/// Less than a quarter of a budget is worrying.
const LEFT: Threshold = Threshold { warning: Some(0.25), critical: Some(0.0) };

/// An objective of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'a> {
    span: &'a Span,
    objective: &'a Objective,
}

/// All objectives that can be measured.
pub(crate) fn all(catalog: &Catalog) -> Vec<Kept<'_>> {
    let kept = |span| move |objective| Kept { span, objective };
    let all = catalog.spans.iter().flat_map(|span| span.objectives.iter().map(kept(span)));
    all.filter(|kept| kept.bad_share(&Scope::new("5m", vec![])).is_some()).collect()
}

impl Kept<'_> {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match (self.objective.name.as_str(), self.objective.indicator) {
            ("", Indicator::Success) => format!("{}: success", self.span.name),
            ("", Indicator::Latency { .. }) => format!("{}: latency", self.span.name),
            (name, _) => name.to_owned(),
        }
    }

    /// The share of calls that are not good, over the scope's window.
    fn bad_share(&self, scope: &Scope) -> Option<String> {
        let calls = self.span.calls.as_ref()?;
        let of = promql::of_function(calls);
        let calls = CallsIn { calls, scope, by: &[], of: &of };
        match self.objective.indicator {
            Indicator::Success => calls::error_ratio(&calls),
            Indicator::Latency { bucket, .. } => calls.slow_ratio(bucket),
        }
    }

    /// What is left of the budget: 1 where it is untouched, below 0 where it is overdrawn.
    pub(crate) fn left(&self, scope: &Scope) -> Option<Query> {
        let bad = self.bad_share(&scope.over(&self.window()))?;
        Some(Query::new(format!("1 - ({bad}) / {}", self.budget()), self.name()))
    }

    /// A row with what is left and how fast it is used up.
    pub(crate) fn row(&self, scope: &Scope) -> Option<Row> {
        let left = self.left(scope)?;
        let over_window = self.bad_share(&scope.over(&self.window()))?;
        let now = self.bad_share(scope)?;
        let burns = WINDOWS.iter().filter_map(|window| {
            let bad = self.bad_share(&scope.over(window))?;
            Some(Query::new(format!("({bad}) / {}", self.budget()), *window))
        });
        let good = |bad: &str| format!("1 - ({bad})");
        let used_up = Threshold {
            warning: Some(rounded(1.0 - self.budget() / 2.0)),
            critical: Some(self.objective.ratio),
        };
        let missed = Threshold { warning: None, critical: Some(self.budget()) };
        let panels = vec![
            Panel::new("Budget left", units::SHARE, vec![left.clone()])
                .drawn(PanelKind::Stat)
                .with_threshold(Some(LEFT)),
            Panel::new(
                format!("Good calls in {}", self.window()),
                units::SHARE,
                vec![Query::new(good(&over_window), "good")],
            )
            .drawn(PanelKind::Stat)
            .with_threshold(Some(used_up)),
            Panel::new("Budget left, over time", units::SHARE, vec![left]).with_threshold(Some(LEFT)),
            Panel::new("Burn rate", "none", burns.collect()).with_threshold(Some(BURNS)),
            Panel::new("Share of calls that are not good", units::SHARE, vec![Query::new(now, "not good")])
                .with_threshold(Some(missed)),
        ];
        let about = self.about();
        let panels = panels.into_iter().map(|panel| panel.described(about.clone())).collect();
        Some(Row::new(format!("Objective: {}", self.name()), panels))
    }

    fn about(&self) -> String {
        let kept = match self.objective.indicator {
            Indicator::Success => "succeed".to_owned(),
            Indicator::Latency { seconds, .. } => format!("take no longer than {seconds} s"),
        };
        let share = rounded(self.objective.ratio * 100.0);
        let rule =
            format!("Within {}, {share}% of the calls of `{}` are to {kept}.", self.window(), self.span.name);
        match self.objective.description.as_str() {
            "" => rule,
            description => format!("{description}\n\n{rule}"),
        }
    }

    /// Which share of calls may be bad.
    fn budget(&self) -> f64 {
        rounded(1.0 - self.objective.ratio)
    }

    /// The time over which it holds, as PromQL writes it.
    fn window(&self) -> String {
        const DAY: u64 = 24 * 60 * 60;
        // Prometheus knows no empty range.
        match self.objective.window_seconds.max(1) {
            seconds if seconds % DAY == 0 => format!("{}d", seconds / DAY),
            seconds => format!("{seconds}s"),
        }
    }
}

/// 0.001, not 0.0010000000000000009.
fn rounded(number: f64) -> f64 {
    (number * 1e12).round() / 1e12
}
