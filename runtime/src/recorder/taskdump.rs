//! Tokio's own task dumps, of all tasks of the runtimes that are recorded: where they are switched on, which is by the feature
//! `taskdump`, `--cfg tokio_unstable` and on Linux.
//!
//! Tokio has all workers of a runtime meet for it. Where one does not come within a quarter of a second, its barrier is out of step
//! from then on (1.54): a worker may wait for good, and the runtime not end any more. So runtimes with several workers are asked only
//! where that is wanted; and none that has a worker in a long poll, or still owes an answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use spanwright_core::clock;
use spanwright_core::events::{self, Doing};
use tokio::runtime::dump::{BacktraceSymbol, Dump};

use super::runtimes::{self, Recorded};
use super::task;

/// A poll is long that takes longer.
const LONG: Duration = Duration::from_millis(20);
/// How long the workers of all runtimes have for it.
const TIME: Duration = Duration::from_millis(500);
/// How long the making of names may take, after which what is left has none.
const NAMES: Duration = Duration::from_secs(2);
/// The most frames of one stack.
const MOST_FRAMES: usize = 64;

/// Tasks by their numbers, with the frames in which they wait, the innermost first.
pub(super) fn all(stop_workers: bool) -> Vec<(u64, Vec<String>)> {
    let runtimes = runtimes::all();
    let asked = runtimes.iter().filter(|runtime| stop_workers || runtime.workers <= 1);
    let asked: Vec<_> = asked.filter_map(ask).collect();
    let deadline = Instant::now() + TIME;
    let left = || deadline.saturating_duration_since(Instant::now());
    let dumps = asked.iter().filter_map(|asked| asked.recv_timeout(left()).ok());
    let named_until = Instant::now() + TIME + NAMES;
    let mut stacks = Vec::new();
    for dump in dumps {
        for one in dump.tasks().iter() {
            if Instant::now() > named_until {
                return stacks;
            }
            let number = task::number(one.id());
            let found = one.trace().resolve_backtraces();
            let frames = found.iter().map(|stack| {
                let symbols = stack.frames().flat_map(|frame| frame.symbols());
                symbols.filter_map(frame).take(MOST_FRAMES).collect::<Vec<_>>()
            });
            stacks.extend(frames.filter(|frames| !frames.is_empty()).map(|frames| (number, frames)));
        }
    }
    stacks
}

/// Asks a runtime, on one of its own workers: only there one of a single thread can answer.
fn ask(runtime: &Arc<Recorded>) -> Option<Receiver<Dump>> {
    if is_stuck(runtime) || runtime.owes_dump.swap(true, Ordering::Relaxed) {
        return None;
    }
    let (sender, receiver) = channel();
    let (handle, owes_dump) = (runtime.handle.clone(), Arc::clone(&runtime.owes_dump));
    drop(runtime.handle.spawn(async move {
        let dump = handle.dump().await;
        owes_dump.store(false, Ordering::Relaxed);
        // Nobody may wait for it any more.
        let _ = sender.send(dump);
    }));
    Some(receiver)
}

/// Whether a worker would not come.
fn is_stuck(runtime: &Recorded) -> bool {
    let now = clock::now();
    events::lanes().iter().any(|lane| {
        let is_long = |since| u128::from(now.nanos_since(since)) > LONG.as_nanos();
        matches!(lane.doing(), Some((Doing::Poll, since, _)) if is_long(since))
            && lane.facts().runtime == Some(runtime.id)
    })
}

fn frame(symbol: &BacktraceSymbol) -> Option<String> {
    let name = symbol.name_demangled()?;
    Some(match (symbol.filename(), symbol.lineno()) {
        (Some(file), Some(line)) => {
            format!("{name} at {}:{line}:{}", file.display(), symbol.colno().unwrap_or_default())
        }
        _ => name.to_owned(),
    })
}
