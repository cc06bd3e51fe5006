//! Metrics that are pushed: at an interval, when asked, and at the end.
//!
//! Each exporter has a thread of its own, which takes a snapshot and hands it over; nobody waits for it but who asks for a
//! push. A snapshot that was not delivered is not kept: the next one has all that it had, and later.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::report;
use crate::config::PushSettings;
use crate::export::deadline::after;
use crate::export::{ExportError, MetricExporter};
use crate::own_metrics::OwnMetrics;
use crate::registry::{Registry, Snapshot, merged};
use crate::span;

/// How long the same reason for a failure is not said again.
const SAID: Duration = Duration::from_secs(5 * 60);

/// The right to ask all exporters of metrics for a push. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Push(Vec<Arc<Reader>>);

/// Pushes that were asked for.
#[must_use]
pub(super) struct Asked<'a> {
    push: &'a Push,
    /// The number of each reader's.
    numbers: Vec<u64>,
    deadline: Instant,
}

/// One exporter.
#[derive(Debug)]
struct Reader {
    state: Mutex<State>,
    /// Wakes the thread.
    work: Condvar,
    /// Wakes those who wait for a push.
    done: Condvar,
    name: &'static str,
}

#[derive(Debug)]
struct State {
    /// How many pushes were asked for, and how many of them have ended, having begun afterwards.
    asked: u64,
    done: u64,
    /// Until when somebody waits for those.
    deadline: Option<Instant>,
    /// Whether the last push delivered everything.
    delivered: bool,
    stop: bool,
    running: bool,
}

/// What a reader's thread does next.
struct Order {
    /// The number that has been asked for.
    number: u64,
    timeout: Duration,
}

impl Push {
    /// Starts a thread for each exporter. What they push is what these registries hold; the earlier ones win, where two have
    /// the same metric.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub(super) fn start(
        settings: PushSettings,
        registries: &[Registry],
        exporters: Vec<Box<dyn MetricExporter>>,
    ) -> io::Result<Self> {
        let registries: Arc<[Registry]> = registries.into();
        let mut all = Self::default();
        for exporter in exporters {
            let registries = Arc::clone(&registries);
            let snapshot = move || merged(registries.iter().map(Registry::snapshot));
            match Reader::start(settings, snapshot, exporter) {
                Ok(reader) => all.0.push(reader),
                Err(error) => {
                    // Those before it push nothing more.
                    all.0.iter().for_each(|reader| reader.stop());
                    return Err(error);
                }
            }
        }
        Ok(all)
    }

    /// Asks for a push of what there is now, which ends within `timeout`.
    pub(super) fn ask(&self, timeout: Duration) -> Asked<'_> {
        self.asked(timeout, false)
    }

    /// The same, after which nothing is pushed.
    pub(super) fn ask_last(&self, timeout: Duration) -> Asked<'_> {
        self.asked(timeout, true)
    }

    fn asked(&self, timeout: Duration, last: bool) -> Asked<'_> {
        let deadline = after(timeout);
        let numbers = self.0.iter().map(|reader| reader.ask(deadline, last)).collect();
        Asked { push: self, numbers, deadline }
    }

    /// Ends it without a last push.
    pub(super) fn abandon(self) {
        self.0.iter().for_each(|reader| reader.stop());
    }

    /// Says what is lost where the program ends now.
    pub(super) fn report_undelivered(&self, timeout: Duration) {
        for reader in self.0.iter().filter(|reader| reader.is_busy()) {
            report(&format!(
                "metrics are not delivered: the end waited {timeout:?} for the exporter `{}`",
                reader.name
            ));
        }
    }
}

impl Asked<'_> {
    /// Waits until all of them have ended, or their time is over; whether everything was delivered.
    pub(super) fn wait(self) -> bool {
        let readers = self.push.0.iter().zip(self.numbers);
        readers.map(|(reader, number)| reader.wait(number, self.deadline)).fold(true, |all, one| all & one)
    }
}

impl Reader {
    fn start(
        settings: PushSettings,
        snapshot: impl Fn() -> Snapshot + Send + 'static,
        exporter: Box<dyn MetricExporter>,
    ) -> io::Result<Arc<Self>> {
        let name = exporter.name();
        let state = State { asked: 0, done: 0, deadline: None, delivered: true, stop: false, running: true };
        let (work, done) = (Condvar::new(), Condvar::new());
        let reader = Arc::new(Self { state: Mutex::new(state), work, done, name });
        let its = Arc::clone(&reader);
        // Linux cuts a thread's name after 15 bytes.
        let thread = std::thread::Builder::new().name(format!("sw-{name}"));
        thread.spawn(move || its.run(settings, snapshot, exporter))?;
        Ok(reader)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, deadline: Instant, last: bool) -> u64 {
        let mut state = self.state();
        state.stop |= last;
        state.asked += 1;
        state.deadline = state.deadline.max(Some(deadline));
        self.work.notify_one();
        state.asked
    }

    fn stop(&self) {
        self.state().stop = true;
        self.work.notify_one();
    }

    fn is_busy(&self) -> bool {
        let state = self.state();
        state.running && state.done < state.asked
    }

    fn wait(&self, number: u64, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let is_waiting = |state: &mut State| state.running && state.done < number;
        let waited = self.done.wait_timeout_while(self.state(), left, is_waiting);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.done >= number && state.delivered
    }

    fn run(
        &self,
        settings: PushSettings,
        snapshot: impl Fn() -> Snapshot,
        mut exporter: Box<dyn MetricExporter>,
    ) {
        let _suppressed = span::suppress();
        let _running = Running(self);
        let mut said = Said::default();
        let mut next = after(settings.interval);
        while let Some(order) = self.next(next, settings.timeout) {
            // Switched off, there is nothing to push, and nothing is lost.
            let is_off = !super::is_enabled();
            let delivered = is_off || self.push(&mut *exporter, &snapshot(), order.timeout, &mut said);
            let now = Instant::now();
            if now >= next {
                next += settings.interval;
                // What took too long is not made up for.
                if next <= now {
                    next = now + settings.interval;
                }
            }
            let mut state = self.state();
            (state.done, state.delivered) = (order.number, delivered);
            if state.asked == order.number {
                state.deadline = None;
            }
            self.done.notify_all();
        }
    }

    /// Waits until a push is due or asked for; nothing when all is over.
    fn next(&self, due: Instant, timeout: Duration) -> Option<Order> {
        let left = due.saturating_duration_since(Instant::now());
        let is_idle = |state: &mut State| state.asked == state.done && !state.stop;
        let waited = self.work.wait_timeout_while(self.state(), left, is_idle);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let waited_for = state.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = timeout.min(waited_for.unwrap_or(timeout));
        (state.asked != state.done || !state.stop).then_some(Order { number: state.asked, timeout })
    }

    /// Pushes a snapshot; whether all of it was delivered.
    fn push(
        &self,
        exporter: &mut dyn MetricExporter,
        snapshot: &Snapshot,
        timeout: Duration,
        said: &mut Said,
    ) -> bool {
        let points = snapshot.families.iter().map(|family| family.series.len()).sum();
        // An exporter may be anybody's code, and its end must not be ours.
        let exported = catch_unwind(AssertUnwindSafe(|| exporter.export(snapshot, timeout)));
        let panicked = |_| Err(ExportError::lost(points, "the exporter panicked"));
        let error = exported.unwrap_or_else(panicked).err();
        let lost = error.as_ref().map_or(0, |error| error.lost.min(points));
        let own = OwnMetrics::global();
        own.metric_points_exported_total.add((points - lost) as u64);
        own.metric_points_dropped_total.add(lost as u64);
        let Some(error) = error else { return true };
        if said.is_new(&error.reason, Instant::now()) {
            let later = if error.retry { "; the next push has what they count" } else { "" };
            report(&format!("exporter `{}`: data points: {error}{later}", self.name));
        }
        false
    }
}

/// The reason that was said last, and when.
#[derive(Default)]
struct Said(Option<(String, Instant)>);

impl Said {
    /// Whether a reason is to be said: it is another one, or was said a while ago.
    fn is_new(&mut self, reason: &str, now: Instant) -> bool {
        if self.0.as_ref().is_some_and(|(last, when)| last == reason && now.duration_since(*when) < SAID) {
            return false;
        }
        self.0 = Some((reason.to_owned(), now));
        true
    }
}

/// Says that the thread runs, until it is dropped: at the thread's end, whatever ended it.
struct Running<'a>(&'a Reader);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running = false;
        self.0.done.notify_all();
    }
}

#[cfg(test)]
mod tests;
