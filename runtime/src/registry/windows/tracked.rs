//! One series: what it said last, and what is remembered of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Window;
use super::change::Change;
use crate::registry::{Histogram, Kind, NativeHistogram, Value};

/// The most buckets of a native histogram that are remembered.
const NATIVE_BUCKETS: usize = 64;

pub(super) struct Tracked {
    seen: Instant,
    values: Values,
}

enum Values {
    /// Of counters and classic histograms: totals that never fall, of the counter or of each bucket, and at the end the sum.
    /// Where the metric began anew, they go on.
    Totals { bounds: Option<Arc<[f64]>>, raw: Vec<f64>, totals: Vec<f64>, kept: [VecDeque<f64>; 3] },
    /// Of gauges: the value, and its integral over time.
    Level { born: Instant, now: [f64; 2], kept: [VecDeque<f64>; 3] },
    /// Of native histograms, whose buckets are not the same for ever.
    Native { now: NativeHistogram, before: NativeHistogram, kept: [VecDeque<NativeHistogram>; 3] },
}

/// The numbers of a counter or a classic histogram.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Histogram(histogram) => {
            let buckets = histogram.buckets.iter().map(|count| *count as f64);
            buckets.chain([histogram.sum]).collect()
        }
        other => vec![other.number().unwrap_or_default()],
    }
}

fn bounds_of(value: &Value) -> Option<Arc<[f64]>> {
    match value {
        Value::Histogram(histogram) => Some(Arc::clone(&histogram.bounds)),
        _ => None,
    }
}

/// One without observations.
fn nothing_of(native: &NativeHistogram) -> NativeHistogram {
    NativeHistogram { zero_count: 0, buckets: Vec::new(), sum: 0.0, ..native.clone() }
}

impl Tracked {
    /// A series that is seen for the first time.
    pub(super) fn new(value: &Value, kind: Kind, now: Instant, begins_at_zero: bool) -> Self {
        let values = match value {
            Value::NativeHistogram(native) => {
                let now = native.clone().coarsened(NATIVE_BUCKETS);
                let before = if begins_at_zero { nothing_of(&now) } else { now.clone() };
                Values::Native { now, before, kept: Default::default() }
            }
            Value::Gauge(level) if kind != Kind::Counter => {
                Values::Level { born: now, now: [*level, 0.0], kept: Default::default() }
            }
            counted => {
                let (bounds, raw) = (bounds_of(counted), numbers(counted));
                let totals = if begins_at_zero { raw.clone() } else { vec![0.0; raw.len()] };
                Values::Totals { bounds, raw, totals, kept: Default::default() }
            }
        };
        Self { seen: now, values }
    }

    /// What it says now, `elapsed` after the last time. `false` where it is not what it was: of another kind, or with
    /// other buckets.
    pub(super) fn update(&mut self, value: &Value, now: Instant, elapsed: Option<Duration>) -> bool {
        self.seen = now;
        match (&mut self.values, value) {
            (Values::Level { now: [level, integral], .. }, Value::Gauge(value)) => {
                // Between two looks it is taken for the mean of both.
                let seconds = elapsed.unwrap_or_default().as_secs_f64();
                *integral += (*level + value) / 2.0 * seconds;
                *level = *value;
            }
            (Values::Native { now, before, kept }, Value::NativeHistogram(native)) => {
                if native.count() < now.count() {
                    *before = nothing_of(native);
                    *kept = Default::default();
                }
                *now = native.clone().coarsened(NATIVE_BUCKETS);
            }
            (Values::Totals { bounds, raw, totals, .. }, value) => {
                if *bounds != bounds_of(value) {
                    return false;
                }
                let next = numbers(value);
                // A sum may fall where negative values are observed, buckets may not.
                let counts = next.len().saturating_sub(1).max(1);
                let began_anew = next.iter().zip(&*raw).take(counts).any(|(next, raw)| next < raw);
                for ((total, raw), next) in totals.iter_mut().zip(raw).zip(next) {
                    *total += if began_anew { next } else { next - *raw };
                    *raw = next;
                }
            }
            _ => return false,
        }
        true
    }

    /// Remembers what it said last.
    pub(super) fn keep(&mut self, window: Window) {
        let at = window as usize;
        match &mut self.values {
            Values::Totals { totals, kept, .. } => keep(&mut kept[at], totals, window),
            Values::Level { now, kept, .. } => keep(&mut kept[at], now, window),
            Values::Native { now, kept, .. } => {
                kept[at].push_back(now.clone());
                if kept[at].len() > window.slots() {
                    kept[at].pop_front();
                }
            }
        }
    }

    /// Whether it left the registry: a gauge just now, and what is counted before all windows.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let unseen = now.duration_since(self.seen);
        match self.values {
            Values::Level { .. } => !unseen.is_zero(),
            _ => unseen > Window::FifteenMinutes.length(),
        }
    }

    /// What it has done since it was remembered the `slots`th last time, which is `elapsed`, or else since it was there.
    pub(super) fn change(&self, window: Window, slots: usize, elapsed: Duration) -> Change {
        let at = window as usize;
        match &self.values {
            Values::Totals { bounds, totals, kept, .. } => {
                let then = slot(&kept[at], totals.len(), slots).map(<Vec<f64>>::from_iter);
                let then = then.unwrap_or_else(|| vec![0.0; totals.len()]);
                let mut changes: Vec<f64> = totals.iter().zip(then).map(|(now, then)| now - then).collect();
                match bounds {
                    None => Change::Total(changes[0]),
                    Some(bounds) => {
                        let sum = changes.pop().unwrap_or_default();
                        let buckets = changes.into_iter().map(|count| count as u64).collect();
                        Change::Classic(Histogram { bounds: Arc::clone(bounds), buckets, sum })
                    }
                }
            }
            Values::Level { born, now: [level, integral], kept } => {
                let then = slot(&kept[at], 2, slots).and_then(|mut slot| slot.nth(1));
                let seconds = elapsed.min(self.seen.duration_since(*born)).as_secs_f64();
                let is_new = seconds == 0.0;
                Change::Mean(if is_new { *level } else { (integral - then.unwrap_or_default()) / seconds })
            }
            Values::Native { now, before, kept } => {
                let then = kept[at].len().checked_sub(slots).and_then(|at| kept[at].get(at));
                Change::Native(now.since(then.unwrap_or(before)).unwrap_or_else(|| now.clone()))
            }
        }
    }

    /// How its value, or what it has counted, was remembered; the oldest first, and what it says now at the end. Of
    /// each of the last `slots`, nothing before it was there.
    pub(super) fn curve(&self, window: Window, slots: usize) -> Vec<Option<f64>> {
        let at = window as usize;
        let count = |numbers: &[f64], is_histogram: bool| match is_histogram {
            true => numbers[..numbers.len() - 1].iter().sum(),
            false => numbers[0],
        };
        let mut curve: Vec<Option<f64>> = (1..=slots)
            .rev()
            .map(|back| match &self.values {
                Values::Totals { bounds, totals, kept, .. } => {
                    let slot = slot(&kept[at], totals.len(), back).map(<Vec<f64>>::from_iter);
                    Some(slot.map_or(0.0, |slot| count(&slot, bounds.is_some())))
                }
                Values::Level { kept, .. } => slot(&kept[at], 2, back)?.next(),
                Values::Native { kept, before, .. } => {
                    let slot = kept[at].len().checked_sub(back).and_then(|at| kept[window as usize].get(at));
                    Some(slot.unwrap_or(before).count() as f64)
                }
            })
            .collect();
        curve.push(Some(match &self.values {
            Values::Totals { bounds, totals, .. } => count(totals, bounds.is_some()),
            Values::Level { now, .. } => now[0],
            Values::Native { now, .. } => now.count() as f64,
        }));
        curve
    }

    /// Whether it has a value rather than counts.
    pub(super) fn is_level(&self) -> bool {
        matches!(self.values, Values::Level { .. })
    }
}

/// Appends a slot, and drops the oldest where there are too many.
fn keep(kept: &mut VecDeque<f64>, slot: &[f64], window: Window) {
    if kept.len() >= window.slots() * slot.len() {
        kept.drain(..slot.len());
    }
    kept.extend(slot);
}

/// The numbers of the slot that is the `back`th last.
fn slot(kept: &VecDeque<f64>, width: usize, back: usize) -> Option<impl Iterator<Item = f64>> {
    let start = kept.len().checked_sub(back * width)?;
    Some(kept.range(start..start + width).copied())
}
