//! What has happened in the last 1, 5 and 15 minutes, asked from code.

mod change;
mod said;
mod tracked;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{LabelSet, Registry, Snapshot, Text};
use change::Change;
use said::Said;
use tracked::Tracked;

/// How far back to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last minute, remembered in steps of 5 seconds.
    OneMinute,
    /// The last five minutes, in steps of 15 seconds.
    FiveMinutes,
    /// The last fifteen minutes, in steps of 45 seconds.
    FifteenMinutes,
}

impl Window {
    /// All windows, the shortest first.
    pub const ALL: [Self; 3] = [Self::OneMinute, Self::FiveMinutes, Self::FifteenMinutes];

    /// How long it is.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::OneMinute => 60,
            Self::FiveMinutes => 5 * 60,
            Self::FifteenMinutes => 15 * 60,
        })
    }

    /// How far what is remembered is apart.
    const fn step(self) -> Duration {
        Duration::from_secs(match self {
            Self::OneMinute => 5,
            Self::FiveMinutes => 15,
            Self::FifteenMinutes => 45,
        })
    }

    /// How much is remembered: both ends, and one more, since the oldest may be half a step too young.
    const fn slots(self) -> usize {
        (self.length().as_secs() / self.step().as_secs()) as usize + 2
    }
}

/// Remembers values of a [`Registry`] for fifteen minutes, and answers for rates, quantiles and trends.
///
/// Somebody has to [`tick`](Self::tick) it, every 5 seconds or so; the telemetry does where
/// [it is asked to](https://docs.rs/spanwright/latest/spanwright/telemetry/struct.Builder.html#method.rolling_windows). It
/// remembers the labels of each series once, and of a counter's values 58 numbers of 8 bytes: thrice as many of a
/// gauge, as many of each of a histogram's buckets, and of a native histogram 64 buckets at most. Of more than 1,000 series the later ones are
/// [left out](Self::left_out), unless [said otherwise](Self::max_series).
///
/// All questions name a metric and labels; the series that have these labels, and maybe others, are added up. They
/// are about the last tick and what had been remembered a window before, or else as early as possible: about a window's length,
/// give or take half a step. The answer is nothing where there is no such metric, where it is of another kind, and after
/// one tick only. A counter or a histogram that falls has begun anew: what it counted before and since is added up. A series
/// that appears has begun at zero. A gauge's mean and trend leave out when it was no number, or infinite. A value that makes no
/// sense, as that of a [source](super::Source) may, is as if it were not there: one of another kind than its metric, a counter
/// that is not finite, a histogram with more buckets than bounds ask for, or where no numbers are.
///
/// Where an instance of a metric is dropped while another one of that name lives, the registry keeps what it
/// counted, and rates go on; a gauge's value leaves the sum at once. The last instance takes the metric out of the
/// registry: what was counted is part of the answers until it is older than the window, and an instance that is made
/// afterwards begins at zero.
///
/// ```
/// # if !spanwright::ENABLED { return }
/// use std::time::{Duration, Instant};
/// use spanwright::registry::{Window, Windows};
/// use spanwright::{Counter, Histogram, Metrics, Registry};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "pipeline")]
/// struct Pipeline {
///     /// Events that went through.
///     events_total: Counter,
///     /// How long an event took.
///     latency_seconds: Histogram,
/// }
///
/// /// What the pipeline says of itself.
/// struct PipelineMetrics {
///     throughput_per_sec: f64,
///     latency_ms_p99: f64,
///     /// The throughput of the last 1, 5 and 15 minutes, as a load average has it.
///     trend: [f64; 3],
/// }
///
/// fn metrics(windows: &Windows) -> Option<PipelineMetrics> {
///     let throughput = |window| windows.rate("pipeline_events_total", &[], window).unwrap_or_default();
///     let p99 = windows.quantile("pipeline_latency_seconds", &[], 0.99, Window::OneMinute)?;
///     Some(PipelineMetrics {
///         throughput_per_sec: throughput(Window::OneMinute),
///         latency_ms_p99: p99 * 1000.0,
///         trend: Window::ALL.map(throughput),
///     })
/// }
///
/// let registry = Registry::new();
/// let pipeline = Pipeline::register(&registry);
/// let windows = Windows::new(&registry);
/// let start = Instant::now();
/// windows.tick(start);
/// for second in 1..=60 {
///     pipeline.events_total.add(200);
///     pipeline.latency_seconds.observe(0.004);
///     windows.tick(start + Duration::from_secs(second));
/// }
/// let metrics = metrics(&windows).unwrap();
/// assert_eq!(metrics.throughput_per_sec, 200.0);
/// assert_eq!(metrics.trend, [200.0; 3]);
/// assert!(metrics.latency_ms_p99 > 2.5 && metrics.latency_ms_p99 <= 5.0);
/// ```
pub struct Windows {
    registry: Registry,
    max_series: usize,
    /// Beginnings of names; all where there are none.
    only: Vec<String>,
    /// Held from the look at the registry until it is remembered, so that nobody remembers an older look later. Questions
    /// don't wait for it.
    ticking: Mutex<()>,
    remembered: Mutex<Remembered>,
}

/// The values of all series, by family.
#[derive(Default)]
struct Remembered {
    /// When the slots of each window were filled, the oldest first.
    times: [VecDeque<Instant>; 3],
    latest: Option<Instant>,
    /// When that was, as the snapshot says.
    time: Option<SystemTime>,
    series: HashMap<Text, HashMap<LabelSet, Tracked>>,
    count: usize,
    left_out: usize,
}

impl Windows {
    /// The bound on series where nothing else is said.
    const MAX_SERIES: usize = 1_000;

    /// Windows on this registry, of which nothing is known before the first [tick](Self::tick).
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let (ticking, remembered) = (Mutex::default(), Mutex::default());
        let (max_series, only) = (Self::MAX_SERIES, Vec::new());
        Self { registry: registry.clone(), max_series, only, ticking, remembered }
    }

    /// The same with another bound on the number of series.
    #[must_use]
    pub fn max_series(mut self, most: usize) -> Self {
        self.max_series = most;
        self
    }

    /// The same for those metrics alone whose names begin like that; said several times, for all that were named.
    #[must_use]
    pub fn only(mut self, prefix: impl Into<String>) -> Self {
        self.only.push(prefix.into());
        self
    }

    /// Reads the registry, and remembers what it says as of `now`. A time that is not after the last one is ignored.
    ///
    /// Several threads may do so; they wait for each other. A source must not tick the windows that ask it: it would wait
    /// for itself.
    pub fn tick(&self, now: Instant) {
        let _ticking = self.ticking.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.registry.snapshot();
        let mut remembered = self.remembered();
        if remembered.latest.is_none_or(|latest| latest < now) {
            remembered.add(&snapshot, now, self);
        }
    }

    /// By how much a counter rose, or how many observations a histogram has had.
    #[must_use]
    pub fn increase(&self, name: &str, labels: &[(&str, &str)], window: Window) -> Option<f64> {
        self.change(name, labels, window).and_then(|(change, _)| change.increase())
    }

    /// The [increase](Self::increase) per second.
    #[must_use]
    pub fn rate(&self, name: &str, labels: &[(&str, &str)], window: Window) -> Option<f64> {
        let (change, elapsed) = self.change(name, labels, window)?;
        Some(change.increase()? / elapsed.as_secs_f64())
    }

    /// An estimate of the `q` quantile (0 to 1) of what a histogram has observed, in its unit; nothing where that is
    /// nothing.
    #[must_use]
    pub fn quantile(&self, name: &str, labels: &[(&str, &str)], q: f64, window: Window) -> Option<f64> {
        self.change(name, labels, window)?.0.quantile(q)
    }

    /// A gauge's mean over time, or that of what a histogram has observed.
    #[must_use]
    pub fn mean(&self, name: &str, labels: &[(&str, &str)], window: Window) -> Option<f64> {
        self.change(name, labels, window)?.0.mean()
    }

    /// By how much a gauge rises per second, or the [rate](Self::rate) of a counter or a histogram: the slope of the line
    /// that fits what is remembered best. Negative where it falls.
    #[must_use]
    pub fn trend(&self, name: &str, labels: &[(&str, &str)], window: Window) -> Option<f64> {
        let remembered = self.remembered();
        let times: Vec<Instant> = remembered.since(window)?.1.chain(remembered.latest).collect();
        let series: Vec<_> = remembered.matching(name, labels).collect();
        slope(&change::curve(&times, &series, window)?)
    }

    /// How many series the last tick left out, since there are too many.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.remembered().left_out
    }

    /// What the series have done, added up, and in what time.
    fn change(&self, name: &str, labels: &[(&str, &str)], window: Window) -> Option<(Change, Duration)> {
        let remembered = self.remembered();
        let (slots, mut times) = remembered.since(window)?;
        let elapsed = remembered.latest?.duration_since(times.next()?);
        let changes = remembered.matching(name, labels).filter_map(|series| series.change(window, slots));
        Some((changes.reduce(Change::plus)?, elapsed))
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    fn add(&mut self, snapshot: &Snapshot, now: Instant, settings: &Windows) {
        let elapsed = self.latest.map(|latest| now.duration_since(latest));
        // A series that was left out before has not begun at zero.
        let begins_at_zero = self.left_out == 0;
        self.left_out = 0;
        for family in &snapshot.families {
            let is_one = |prefix: &String| family.name.starts_with(prefix.as_str());
            if !settings.only.is_empty() && !settings.only.iter().any(is_one) {
                continue;
            }
            let of_family = self.series.entry(family.name.clone()).or_default();
            for series in &family.series {
                let Some(said) = Said::of(family.kind, &series.value) else { continue };
                let began = family.start_of(series);
                if let Some(tracked) = of_family.get_mut(&series.labels) {
                    tracked.begin(began, self.time);
                    if let Err(other) = tracked.update(said, now, elapsed) {
                        *tracked = Tracked::new(other, now, true);
                    }
                } else if self.count < settings.max_series {
                    let mut tracked = Tracked::new(said, now, begins_at_zero);
                    tracked.begin(began, None);
                    of_family.insert(series.labels.clone(), tracked);
                    self.count += 1;
                } else {
                    self.left_out += 1;
                }
            }
        }
        self.forget(now);
        (self.latest, self.time) = (Some(now), Some(snapshot.time));
        for (window, times) in Window::ALL.into_iter().zip(&mut self.times) {
            // Who ticks at the step's rate is never quite in time.
            let is_due = |last: &Instant| now.duration_since(*last) >= window.step() * 31 / 32;
            if times.back().is_none_or(is_due) {
                times.push_back(now);
                if times.len() > window.slots() {
                    times.pop_front();
                }
                self.series.values_mut().flat_map(HashMap::values_mut).for_each(|series| series.keep(window));
            }
        }
    }

    /// Drops series that no window knows any more.
    fn forget(&mut self, now: Instant) {
        for of_family in self.series.values_mut() {
            of_family.retain(|_, series| !series.is_over(now));
        }
        self.series.retain(|_, of_family| !of_family.is_empty());
        self.count = self.series.values().map(HashMap::len).sum();
    }

    /// How many slots of a window count, the last ones, and when they were filled. Nothing where the first is the last tick.
    fn since(&self, window: Window) -> Option<(usize, impl Iterator<Item = Instant>)> {
        let (times, latest) = (&self.times[window as usize], self.latest?);
        let is_old_enough =
            |time: &Instant| latest.duration_since(*time) + window.step() / 2 >= window.length();
        let first = times.iter().rposition(is_old_enough).unwrap_or(0);
        (*times.get(first)? < latest).then(|| (times.len() - first, times.range(first..).copied()))
    }

    /// The series with these labels, and maybe others.
    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &Tracked> {
        let of_family = self.series.get(name).into_iter().flatten();
        of_family.filter(move |(its, _)| its.includes(labels)).map(|(_, series)| series)
    }
}

/// The slope of the line that has the least squares; nothing for fewer than two points.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (x_sum, y_sum) = points.iter().fold((0.0, 0.0), |(x_sum, y_sum), (x, y)| (x_sum + x, y_sum + y));
    let (x_mean, y_mean) = (x_sum / count, y_sum / count);
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in points {
        above += (x - x_mean) * (y - y_mean);
        below += (x - x_mean) * (x - x_mean);
    }
    (below > 0.0).then(|| above / below)
}

impl fmt::Debug for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remembered = self.remembered();
        f.debug_struct("Windows")
            .field("series", &remembered.count)
            .field("max_series", &self.max_series)
            .field("left_out", &remembered.left_out)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
