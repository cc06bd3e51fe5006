//! The live console: what the admin server streams to a page in a browser. What it says is in `PROTOCOL.md`.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | what runs while somebody looks |
//! | `reading` | what the registries say, whatever blocks there |
//! | `hub` | who looks, and what is sent to them |
//! | `functions`, `counts`, `objectives`, `workers` | what a snapshot says, a second at a time |
//! | `traces`, `kept`, `slowest`, `undecided` | the last traces and the slowest |
//! | `lines` | the last log lines |
//! | `downloads`, `tar` | dashboards and rules to take away |
//! | `spans` | spans and their parts as JSON |
//!
//! Invariants:
//! - nothing of it runs and nothing is recorded for it while nobody looks: the first client starts a [`Session`](session::Session), and
//!   a few seconds after the last has left, it ends with all that it has kept;
//! - it takes spans and events from the pipeline by a [tap](crate::span::Tap), and so holds up no exporter; where there is none, it has a
//!   pipeline of its own as long;
//! - all of it has bounds, and what does not fit is counted and told;
//! - it changes nothing.

mod counts;
mod downloads;
mod functions;
mod hub;
mod kept;
mod lines;
mod objectives;
mod reading;
mod session;
mod slowest;
mod spans;
mod tar;
mod traces;
mod undecided;
mod workers;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::health::Health;
use crate::registry::Registry;
use crate::span::{PipelineHandle, Tap, TraceId};
use reading::Readings;
use session::Session;

/// What the console shows, and to whom.
#[derive(Debug)]
pub(crate) struct Console {
    health: Arc<Health>,
    readings: Arc<Readings>,
    /// Nothing where spans and events are switched off.
    pipeline: Option<PipelineHandle>,
    records: Records,
    started: SystemTime,
    state: Mutex<State>,
}

/// What is recorded at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Records {
    pub(crate) traces: bool,
    pub(crate) logs: bool,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    ended: bool,
}

/// Why somebody can't look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLook {
    #[error("{} look at the console already: close one of them, and come again", hub::MOST_CLIENTS)]
    Full,
    #[error("the telemetry of this process is ending")]
    Ended,
    #[error("the console can't be started: {0}")]
    System(#[from] io::Error),
}

impl Console {
    pub(crate) fn new(
        health: Arc<Health>,
        registries: Vec<Registry>,
        pipeline: Option<PipelineHandle>,
        records: Records,
    ) -> Self {
        let (readings, started) = (Arc::new(Readings::of(registries)), SystemTime::now());
        Self { health, readings, pipeline, records, started, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one more client is sent. May take a moment where it is the first; checks run on `runtime`.
    ///
    /// # Errors
    /// When there are as many as there may be, all is over, or a thread can't be started.
    pub(crate) fn look(self: &Arc<Self>, runtime: Handle) -> Result<mpsc::Receiver<Bytes>, NoLook> {
        let mut state = self.state();
        if state.ended {
            return Err(NoLook::Ended);
        }
        if let Some(session) = &state.session {
            return session.join().ok_or(NoLook::Full);
        }
        let tap = Arc::new(Tap::default());
        let looking = self.pipeline.as_ref().map(|pipeline| pipeline.tap(Arc::clone(&tap))).transpose()?;
        let session = Arc::new(Session::new(tap, looking));
        let client = session.join().ok_or(NoLook::Full)?;
        let (its, console) = (Arc::clone(&session), Arc::clone(self));
        let thread = std::thread::Builder::new().name("sw-console".into());
        thread.spawn(move || its.run(&console, &runtime))?;
        state.session = Some(session);
        Ok(client)
    }

    /// A trace that is kept, as JSON.
    pub(crate) fn trace(&self, trace_id: TraceId) -> Option<String> {
        let session = self.state().session.clone();
        session?.trace(trace_id)
    }

    /// Ends all streams, and begins none any more.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let session = state.session.take();
        drop(state);
        session.iter().for_each(|session| session.end());
    }

    /// Ends a session that nobody looks at; whether that is still so.
    fn leave(&self, session: &Arc<Session>) -> bool {
        let mut state = self.state();
        let may_end = !session.is_watched();
        if may_end && state.session.as_ref().is_some_and(|its| Arc::ptr_eq(its, session)) {
            // Who comes now waits for the lock until nothing of this one records any more.
            session.end();
            state.session = None;
        }
        may_end
    }

    /// Forgets a session that is over.
    fn forget(&self, session: &Arc<Session>) {
        let mut state = self.state();
        if state.session.as_ref().is_some_and(|its| Arc::ptr_eq(its, session)) {
            state.session = None;
        }
    }

    /// The first event.
    fn hello(&self, at_ms: u64, tokio: bool) -> String {
        let (service, version) = self.health.names();
        let started = self.started.duration_since(UNIX_EPOCH).map_or(0, |at| at.as_millis() as u64);
        json!({
            "service": service,
            "version": version,
            "started_ms": started,
            "now_ms": at_ms,
            "pid": std::process::id(),
            "interval_ms": session::INTERVAL.as_millis() as u64,
            "features": {
                "traces": self.records.traces,
                "logs": self.records.logs,
                "tokio": tokio,
                "tokio_unstable": cfg!(tokio_unstable),
                "recorder": Self::recorder(),
            },
            "downloads": Self::downloads(),
            "bounds": {
                "clients": hub::MOST_CLIENTS,
                "functions": functions::MOST_FUNCTIONS,
                "traces": traces::MOST_RECENT,
                "slowest": slowest::MOST,
                "groups": slowest::MOST_GROUPS,
                "trace_spans": kept::MOST_SPANS,
                "bytes": traces::MOST_BYTES,
                "log_lines": lines::MOST_LINES,
            },
        })
        .to_string()
    }
}
