//! The live console, asked over HTTP. Telemetry is the process's, so the tests take turns.

mod client;
mod closed;
mod downloads;
mod ends;
mod late;
mod shown;
mod who;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanwright::telemetry::Builder;
use spanwright::{Guard, Telemetry};

use client::{Answer, Client, get};

/// A telemetry for one test.
struct Installed {
    guard: Option<Guard>,
    address: String,
    _turn: MutexGuard<'static, ()>,
}

impl Installed {
    /// One more who looks.
    fn look(&self) -> Client {
        Client::connect(&self.address, &[]).unwrap_or_else(|answer| panic!("{answer:?}"))
    }

    fn get(&self, path: &str) -> Answer {
        get(&self.address, path, &[])
    }

    /// Ends the telemetry.
    fn end(&mut self) {
        self.guard = None;
    }
}

fn install(settings: impl FnOnce(Builder) -> Builder) -> Installed {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // The one before has ended, but for its thread's last steps.
    until("the one before to be gone", || (!has_thread("sw-console")).then_some(()));
    let builder =
        Telemetry::builder().service_name("console").metrics_addr(([127, 0, 0, 1], 0)).log_filter("info");
    let guard = settings(builder).install().expect("telemetry starts");
    assert!(guard.problems().iter().all(|problem| problem.is_warning()), "{:?}", guard.problems());
    let address = guard.metrics_addr().expect("it serves").to_string();
    Installed { guard: Some(guard), address, _turn: turn }
}

/// Waits until something is so.
#[track_caller]
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the process has a thread of that name.
fn has_thread(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux has it");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.into_iter().any(|its| its.trim() == name)
}

#[derive(Debug, thiserror::Error)]
#[error("there is no {0:?}")]
struct Missing(&'static str);

/// Serves what was asked for.
#[spanwright::instrument(
    name = "serve",
    component = "test.serve",
    kind = "server",
    record(item),
    err,
    metrics(in_flight),
    slo(success = "90%", latency("99%" < "250ms"))
)]
fn serve(item: &'static str) -> Result<(), Missing> {
    look_up(item)?;
    tracing::info!(item, "served <b>");
    Ok(())
}

#[spanwright::instrument]
fn look_up(item: &'static str) -> Result<(), Missing> {
    if item == "unicorn" { Err(Missing(item)) } else { Ok(()) }
}
