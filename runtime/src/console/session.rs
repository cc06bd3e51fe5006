//! What runs while somebody looks: one thread, which has the registries read each second, and takes what the tap has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Console;
use super::functions::Functions;
use super::hub::Hub;
use super::lines::Lines;
use super::objectives::Objectives;
use super::reading::Reading;
use super::traces::Traces;
use super::workers::Workers;
use crate::registry::Snapshot;
use crate::span::{self, Looking, Tap, TraceId};
use crate::telemetry;

/// How often there is news.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// Ticks between two looks at what changes slowly.
const SLOW: u64 = 5;
/// How long all is kept after the last client has left: a page that is loaded anew comes at once.
const LINGER: Duration = Duration::from_secs(4);

/// From when on the registries are late, in milliseconds: between two ticks, so that it is clear at each.
const LATE: u64 = 1_500;

/// What there is while somebody looks, and no longer.
#[derive(Debug)]
pub(super) struct Session {
    hub: Hub,
    tap: Arc<Tap>,
    /// What has spans and events recorded.
    looking: Mutex<Option<Looking>>,
    store: Mutex<Store>,
    /// What the health checks said last.
    health: Mutex<Option<String>>,
    /// Publishes nothing.
    stop: AtomicBool,
}

/// What is known.
#[derive(Debug)]
struct Store {
    state: State,
    /// How often the registries were read.
    readings: u64,
    functions: Functions,
    objectives: Objectives,
    workers: Workers,
    traces: Traces,
    lines: Lines,
}

/// Whether the numbers are to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    is_on: bool,
    /// Since when the registries have not said what they were asked, in milliseconds since the Unix epoch.
    late_since: Option<u64>,
}

impl State {
    fn json(self, at_ms: u64) -> String {
        let Self { is_on, late_since } = self;
        json!({ "at_ms": at_ms, "enabled": is_on, "metrics_late_since_ms": late_since }).to_string()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64)
}

impl Session {
    /// Of who has come to look first.
    pub(super) fn new(tap: Arc<Tap>, looking: Option<Looking>) -> Self {
        let functions = Functions::new(Instant::now());
        let objectives = Objectives::new(&functions);
        let state = State { is_on: telemetry::is_enabled(), late_since: None };
        let (readings, workers, traces, lines) = Default::default();
        Self {
            hub: Hub::default(),
            tap,
            looking: Mutex::new(looking),
            store: Mutex::new(Store { state, readings, functions, objectives, workers, traces, lines }),
            health: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    /// One more who looks; nothing where there are as many as there may be.
    pub(super) fn join(&self) -> Option<mpsc::Receiver<Bytes>> {
        let client = self.hub.join();
        // The first events come at once.
        self.tap.wake();
        client
    }

    pub(super) fn is_watched(&self) -> bool {
        self.hub.is_watched()
    }

    /// A trace that is kept.
    pub(super) fn trace(&self, trace_id: TraceId) -> Option<String> {
        let store = lock(&self.store);
        store.traces.one(trace_id, &store.lines.of_trace(trace_id))
    }

    /// Ends it, whoever looks.
    pub(super) fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tap.wake();
        self.hub.end();
        let looking = lock(&self.looking).take();
        drop(looking);
    }

    /// The thread, until nobody looks any more.
    pub(super) fn run(self: &Arc<Self>, console: &Arc<Console>, runtime: &Handle) {
        let _suppressed = span::suppress();
        let _over = Over(self, console);
        self.tap.set_taker(std::thread::current());
        let (mut next, mut tick, mut left) = (Instant::now(), 0, None);
        let mut asked: Option<JoinHandle<()>> = None;
        let mut reading: Option<Reading> = None;
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            self.take(now);
            if let Some((at, snapshot)) = reading.as_mut().and_then(|reading| reading.try_recv().ok()) {
                reading = None;
                if telemetry::is_enabled() {
                    self.count(&snapshot, at);
                }
            }
            if now >= next {
                if tick % SLOW == 0 && asked.as_ref().is_none_or(JoinHandle::is_finished) {
                    asked = Some(self.ask_health(console, runtime));
                }
                let begun = telemetry::is_enabled().then(|| console.readings.begin(&self.tap, runtime));
                let under_way = begun.and_then(|begun| begun.map(|begun| reading = Some(begun)).err());
                self.tick(now, under_way.filter(|since| now_ms().saturating_sub(*since) >= LATE));
                tick += 1;
                // Those that were missed are not made up for.
                next = (next + INTERVAL).max(now);
            }
            // Who comes first waits for the first numbers, but no longer than they are due.
            if tick > 1 || reading.is_none() {
                self.hub.welcome(|| self.first(console));
            }
            left = if self.is_watched() { None } else { left.or(Some(now)) };
            if left.is_some_and(|since| now.duration_since(since) >= LINGER) && console.leave(self) {
                return;
            }
            std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
    }

    /// Takes in what has been recorded.
    fn take(&self, now: Instant) {
        let taken = self.tap.take();
        let Store { functions, traces, lines, .. } = &mut *lock(&self.store);
        let find = |file: &str, line| functions.at(file, line);
        for batch in &taken.spans {
            traces.add(batch, now, &find);
        }
        traces.lose(taken.dropped_spans);
        taken.logs.iter().flat_map(|batch| batch.iter()).for_each(|event| lines.add(&event));
        lines.lose(taken.dropped_logs);
    }

    /// Tells what is new, but for what is counted.
    fn tick(&self, now: Instant, late_since: Option<u64>) {
        let store = &mut *lock(&self.store);
        let at_ms = now_ms();
        let state = State { is_on: telemetry::is_enabled(), late_since };
        if state != store.state {
            store.state = state;
            self.hub.send("state", &state.json(at_ms));
            if !state.is_on {
                self.forget(store, now, at_ms);
            }
        }
        let Store { functions, traces, lines, .. } = store;
        traces.tick(now, &|file: &str, line| functions.at(file, line));
        self.send("traces", traces.news(at_ms));
        self.send("logs", lines.news(at_ms));
    }

    /// Forgets what was counted, which is not what is any more, and tells that.
    fn forget(&self, store: &mut Store, now: Instant, at_ms: u64) {
        let Store { readings, functions, objectives, workers, .. } = store;
        *readings = 0;
        functions.forget(now);
        objectives.forget();
        self.send("functions", functions.rows(false, at_ms, &|_| false));
        self.send("objectives", Some(objectives.json(at_ms)));
        self.send("runtime", Some(workers.tick(&Snapshot::default(), now, at_ms)));
    }

    /// Tells what the registries said at a time.
    fn count(&self, snapshot: &Snapshot, at: Instant) {
        let Store { readings, functions, objectives, workers, traces, .. } = &mut *lock(&self.store);
        let at_ms = now_ms();
        functions.tick(snapshot, at);
        self.send("functions", functions.rows(false, at_ms, &|trace_id| traces.has(trace_id)));
        if *readings % SLOW == 0 {
            objectives.tick(snapshot, at);
            self.send("objectives", Some(objectives.json(at_ms)));
        }
        *readings += 1;
        self.send("runtime", Some(workers.tick(snapshot, at, at_ms)));
    }

    fn send(&self, event: &str, json: Option<String>) {
        json.into_iter().for_each(|json| self.hub.send(event, &json));
    }

    /// What somebody is told who has just come.
    fn first(&self, console: &Console) -> Vec<(&'static str, String)> {
        let at_ms = now_ms();
        let Store { state, functions, objectives, workers, traces, lines, .. } = &mut *lock(&self.store);
        let has = |trace_id| traces.has(trace_id);
        let mut events = vec![("hello", console.hello(at_ms, workers.has_runtimes()))];
        events.push(("state", state.json(at_ms)));
        events.extend(functions.rows(true, at_ms, &has).map(|rows| ("functions", rows)));
        events.push(("objectives", objectives.json(at_ms)));
        events.extend(workers.last().map(|last| ("runtime", last)));
        events.extend(lock(&self.health).clone().map(|last| ("health", last)));
        events.push(("traces", traces.all(at_ms)));
        events.push(("logs", lines.last(at_ms)));
        events
    }

    /// Asks the health checks, beside this thread.
    fn ask_health(self: &Arc<Self>, console: &Console, runtime: &Handle) -> JoinHandle<()> {
        let (session, health) = (Arc::clone(self), Arc::clone(&console.health));
        runtime.spawn(async move {
            let (_, mut json) = health.health_json(true).await;
            json["at_ms"] = now_ms().into();
            let json = json.to_string();
            session.hub.send("health", &json);
            *lock(&session.health) = Some(json);
        })
    }
}

/// Leaves nothing behind, whatever ends the thread.
struct Over<'s>(&'s Arc<Session>, &'s Console);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.end();
        self.1.forget(self.0);
    }
}
