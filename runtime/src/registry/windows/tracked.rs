//! One series: what it said last, and what is remembered of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Window;
use super::change::Change;
use super::said::{Said, coarse};
use crate::registry::{Histogram, NativeHistogram, is_anew};

pub(super) struct Tracked {
    seen: Instant,
    /// Since when it counts, as far as is known.
    began: Option<SystemTime>,
    values: Values,
}

enum Values {
    /// Of counters and classic histograms: totals that never fall, of the counter or of each bucket, and at the end the sum.
    /// Where the metric began anew, they go on.
    Totals { bounds: Option<Arc<[f64]>>, raw: Vec<f64>, totals: Vec<f64>, kept: [VecDeque<f64>; 3] },
    /// Of gauges: the value, its integral over the time in which it was known, and that time in seconds.
    Level { now: [f64; 3], kept: [VecDeque<f64>; 3] },
    /// Of native histograms, whose buckets are not the same for ever: what it said, and a total as above.
    Native { raw: NativeHistogram, total: NativeHistogram, kept: [VecDeque<NativeHistogram>; 3] },
}

/// The numbers of a classic histogram.
fn numbers(classic: &Histogram) -> Vec<f64> {
    let buckets = classic.buckets.iter().map(|count| *count as f64);
    buckets.chain([classic.sum]).collect()
}

/// One without observations.
fn nothing_of(native: &NativeHistogram) -> NativeHistogram {
    let NativeHistogram { schema, zero_threshold, offset, .. } = *native;
    let (buckets, bounds) = (Vec::new(), Arc::clone(&native.bounds));
    NativeHistogram { schema, zero_threshold, zero_count: 0, offset, buckets, sum: 0.0, bounds }
}

/// A total that has risen by `step`. A sum that is no number, or infinite, is one again once what is said, `next`, is.
fn risen(total: f64, step: f64, next: f64) -> f64 {
    if total.is_finite() { total + step } else { next }
}

impl Tracked {
    /// A series that is seen for the first time.
    pub(super) fn new(said: Said<'_>, now: Instant, begins_at_zero: bool) -> Self {
        let totals = |bounds, raw: Vec<f64>| {
            let totals = if begins_at_zero { raw.clone() } else { vec![0.0; raw.len()] };
            Values::Totals { bounds, raw, totals, kept: Default::default() }
        };
        let values = match said {
            Said::Total(total) => totals(None, vec![total]),
            Said::Level(level) => Values::Level { now: [level, 0.0, 0.0], kept: Default::default() },
            Said::Classic(classic) => totals(Some(Arc::clone(&classic.bounds)), numbers(classic)),
            Said::Native(raw) => {
                let total = if begins_at_zero { raw.clone() } else { nothing_of(&raw) };
                Values::Native { raw, total, kept: Default::default() }
            }
        };
        Self { seen: now, began: None, values }
    }

    /// Notes since when it counts. Where that is later than the last look, all that it says has come since.
    pub(super) fn begin(&mut self, began: Option<SystemTime>, last_look: Option<SystemTime>) {
        if is_anew(self.began, began, last_look) {
            match &mut self.values {
                Values::Totals { raw, .. } => raw.fill(0.0),
                Values::Native { raw, .. } => *raw = nothing_of(raw),
                Values::Level { .. } => {}
            }
        }
        self.began = began;
    }

    /// What it says now, `elapsed` after the last time; given back where it is not what it was: of another kind, or
    /// with other buckets.
    pub(super) fn update<'a>(
        &mut self,
        said: Said<'a>,
        now: Instant,
        elapsed: Option<Duration>,
    ) -> Result<(), Said<'a>> {
        match (&mut self.values, said) {
            (Values::Level { now, .. }, Said::Level(level)) => {
                measure(now, level, elapsed.unwrap_or_default())
            }
            (Values::Totals { bounds: None, raw, totals, .. }, Said::Total(total)) => {
                count(raw, totals, vec![total]);
            }
            (Values::Totals { bounds: Some(bounds), raw, totals, .. }, Said::Classic(classic))
                if *bounds == classic.bounds =>
            {
                count(raw, totals, numbers(classic));
            }
            (Values::Native { raw, total, .. }, Said::Native(native))
                if raw.zero_threshold == native.zero_threshold =>
            {
                count_native(raw, total, native);
            }
            (_, other) => return Err(other),
        }
        self.seen = now;
        Ok(())
    }

    /// Remembers what it said last.
    pub(super) fn keep(&mut self, window: Window) {
        let at = window as usize;
        match &mut self.values {
            Values::Totals { totals, kept, .. } => keep(&mut kept[at], totals, window),
            Values::Level { now, kept, .. } => keep(&mut kept[at], now, window),
            Values::Native { total, kept, .. } => {
                kept[at].push_back(total.clone());
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

    /// What it has done since it was remembered the `slots`th last time, or else since it was there. Nothing of a gauge
    /// that was no number meanwhile.
    pub(super) fn change(&self, window: Window, slots: usize) -> Option<Change> {
        let at = window as usize;
        Some(match &self.values {
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
            Values::Level { now: [level, integral, seconds], kept } => {
                let then = slot(&kept[at], 3, slots).map(<Vec<f64>>::from_iter);
                let (integral_then, seconds_then) = then.map_or((0.0, 0.0), |then| (then[1], then[2]));
                let (known, is_new) = (seconds - seconds_then, *seconds == seconds_then);
                let mean = if is_new { *level } else { (integral - integral_then) / known };
                return mean.is_finite().then_some(Change::Mean(mean));
            }
            Values::Native { total, kept, .. } => {
                let then = kept[at].len().checked_sub(slots).and_then(|then| kept[at].get(then));
                Change::Native(then.and_then(|then| total.since(then)).unwrap_or_else(|| total.clone()))
            }
        })
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
                Values::Level { kept, .. } => slot(&kept[at], 3, back)?.next(),
                Values::Native { kept, .. } => {
                    let slot = kept[at].len().checked_sub(back).and_then(|then| kept[at].get(then));
                    Some(slot.map_or(0.0, |slot| slot.count() as f64))
                }
            })
            .collect();
        curve.push(Some(match &self.values {
            Values::Totals { bounds, totals, .. } => count(totals, bounds.is_some()),
            Values::Level { now, .. } => now[0],
            Values::Native { total, .. } => total.count() as f64,
        }));
        curve
    }

    /// Whether it has a value rather than counts.
    pub(super) fn is_level(&self) -> bool {
        matches!(self.values, Values::Level { .. })
    }
}

/// Adds what a gauge was meanwhile. Between two looks it is taken for the mean of both; where that is no number, or
/// infinite, it is not known.
fn measure(now: &mut [f64; 3], next: f64, elapsed: Duration) {
    let [level, integral, seconds] = now;
    let area = *integral + (*level / 2.0 + next / 2.0) * elapsed.as_secs_f64();
    if area.is_finite() {
        *integral = area;
        *seconds += elapsed.as_secs_f64();
    }
    *level = next;
}

/// Adds what came to a counter, or to a classic histogram.
fn count(raw: &mut Vec<f64>, totals: &mut [f64], next: Vec<f64>) {
    // A sum may fall where negative values are observed, buckets may not.
    let counts = next.len().saturating_sub(1).max(1);
    let began_anew = next.iter().zip(&*raw).take(counts).any(|(next, raw)| next < raw);
    for ((total, raw), next) in totals.iter_mut().zip(&*raw).zip(&next) {
        *total = risen(*total, if began_anew { *next } else { next - raw }, *next);
    }
    *raw = next;
}

/// The same for a native histogram.
fn count_native(raw: &mut NativeHistogram, total: &mut NativeHistogram, next: NativeHistogram) {
    let since = next.since(raw);
    let step = since.as_ref().unwrap_or(&next);
    let mut risen_total = std::mem::replace(total, nothing_of(&next));
    let sum = risen(risen_total.sum, step.sum, next.sum);
    risen_total.add(step);
    *total = NativeHistogram { sum, ..coarse(risen_total) };
    *raw = next;
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
