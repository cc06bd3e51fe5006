//! Objectives: what is left of their budgets, and how fast it burns.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::counts::good_and_bad;
use super::functions::Functions;
use crate::registry::Snapshot;
use crate::{Indicator, Objective};

/// How long is remembered what was counted, and how far apart.
const WINDOW: Duration = Duration::from_secs(5 * 60);
const MINUTE: Duration = Duration::from_secs(60);

/// All objectives, in the order of their functions.
#[derive(Debug)]
pub(super) struct Objectives(Vec<Tracked>);

#[derive(Debug)]
struct Tracked {
    objective: Objective,
    function: &'static str,
    function_id: Option<u32>,
    /// Calls that count, and bad ones, the oldest first.
    seen: VecDeque<(Instant, u64, u64)>,
}

impl Objectives {
    pub(super) fn new(functions: &Functions) -> Self {
        let all = functions.callsites().flat_map(|callsite| {
            let (function, function_id) = (callsite.name(), functions.id_of(callsite));
            callsite.objectives().iter().map(move |objective| Tracked {
                objective: *objective,
                function,
                function_id,
                seen: VecDeque::new(),
            })
        });
        Self(all.collect())
    }

    /// Takes in what the registries say.
    pub(super) fn tick(&mut self, snapshot: &Snapshot, now: Instant) {
        for tracked in &mut self.0 {
            let Some((total, bad)) = good_and_bad(snapshot, &tracked.objective) else { continue };
            if tracked.seen.back().is_some_and(|(_, last, _)| *last > total) {
                // It has begun anew.
                tracked.seen.clear();
            }
            tracked.seen.push_back((now, total, bad));
            let is_old = |(at, ..): &(Instant, u64, u64)| now.duration_since(*at) >= WINDOW;
            while tracked.seen.get(1).is_some_and(is_old) {
                tracked.seen.pop_front();
            }
        }
    }

    /// Forgets what was counted so far.
    pub(super) fn forget(&mut self) {
        self.0.iter_mut().for_each(|tracked| tracked.seen.clear());
    }

    /// All of them.
    pub(super) fn json(&self, at_ms: u64) -> String {
        let rows = self.0.iter().enumerate().map(|(id, tracked)| tracked.json(id));
        json!({ "at_ms": at_ms, "rows": rows.collect::<Vec<_>>() }).to_string()
    }
}

impl Tracked {
    fn json(&self, id: usize) -> Value {
        let objective = &self.objective;
        let (indicator, bound) = match objective.indicator {
            Indicator::Latency { bound } => ("latency", Some(bound * 1e3)),
            _ => ("success", None),
        };
        let last = self.seen.back();
        let seen =
            self.seen.front().zip(last).map(|(first, last)| last.0.duration_since(first.0).as_millis());
        json!({
            "id": id,
            "name": objective.name,
            "description": objective.description,
            "function": self.function,
            "function_id": self.function_id,
            "indicator": indicator,
            "bound_ms": bound,
            "target_ratio": objective.ratio,
            "window_seconds": objective.window_seconds,
            "total": last.map(|last| last.1),
            "bad": last.map(|last| last.2),
            "budget_left": last.and_then(|last| self.spent(last.1, last.2)).map(|spent| 1.0 - spent),
            "burn_1m": self.burn(MINUTE),
            "burn_5m": self.burn(WINDOW),
            "burn_window_ms": seen.map(|millis| millis as u64),
        })
    }

    /// How many times as many calls are bad as may be.
    fn spent(&self, total: u64, bad: u64) -> Option<f64> {
        let budget = self.objective.error_budget();
        (total > 0 && budget > 0.0).then(|| bad as f64 / total as f64 / budget)
    }

    fn burn(&self, window: Duration) -> Option<f64> {
        let (now, total, bad) = *self.seen.back()?;
        let is_within = |(at, ..): &&(Instant, u64, u64)| now.duration_since(*at) <= window;
        let (_, before, bad_before) = *self.seen.iter().find(is_within)?;
        self.spent(total - before, bad.saturating_sub(bad_before))
    }
}
