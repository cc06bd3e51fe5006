//! The thread that looks at what goes on while it goes on: polls that take too long, queues that are too long, workers that sleep
//! while there is work.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use spanwright_core::clock;
#[cfg(tokio_unstable)]
use spanwright_core::events::MAX_DEPTHS;
use spanwright_core::events::{self, Doing};

use super::runtimes::{self, Recorded};
use super::shared::Shared;
use super::signal::Signal;
use super::trigger::Trigger;
use crate::span;

/// What is watched, and how often the queues are looked at.
#[derive(Debug)]
pub(super) struct Watched {
    /// A poll that takes longer is told of, while it goes on.
    pub(super) long_poll: Option<Duration>,
    /// A queue of all workers that is longer is told of.
    pub(super) queue_depth: Option<u64>,
    /// A worker that sleeps for longer than this while tasks wait is told of.
    pub(super) starvation: Option<Duration>,
    /// How often the queues' lengths are recorded.
    pub(super) sample: Duration,
    /// A signal that is told of.
    pub(super) signal: Option<Signal>,
}

/// While nothing is recorded, it is looked this often whether something is.
const ASLEEP: Duration = Duration::from_millis(200);

/// Starts the thread, which ends soon after the recorder.
pub(super) fn start(shared: &Arc<Shared>, watched: Watched) -> io::Result<()> {
    let weak = Arc::downgrade(shared);
    let thread = std::thread::Builder::new().name("sw-watch".into()).spawn(move || run(&weak, &watched))?;
    shared.set_watcher(thread.thread());
    Ok(())
}

fn run(shared: &Weak<Shared>, watched: &Watched) {
    let _suppressed = span::suppress();
    let mut seen = Seen::default();
    loop {
        let Some(shared) = shared.upgrade().filter(|shared| shared.is_running()) else { return };
        let wait = if shared.enabled.load(Ordering::Relaxed) {
            seen.look(&shared, watched);
            watched.wait()
        } else {
            ASLEEP
        };
        if watched.signal.as_ref().is_some_and(Signal::take) {
            shared.request("signal");
        }
        drop(shared);
        std::thread::park_timeout(wait);
    }
}

impl Watched {
    /// A bound is seen to be exceeded when half of it more is over, or earlier.
    fn wait(&self) -> Duration {
        let bounds = [self.long_poll, self.starvation].into_iter().flatten().map(|bound| bound / 2);
        let shortest = bounds.fold(self.sample, Duration::min);
        shortest.clamp(Duration::from_millis(1), ASLEEP)
    }
}

/// What was told of already.
#[derive(Default)]
struct Seen {
    /// Threads, and since when they poll.
    polls: Vec<(u32, u64)>,
    sampled: Option<Instant>,
    /// Runtimes whose queue is too long, until it is short again.
    deep: Vec<u32>,
    /// Runtimes with tasks that wait while a worker sleeps: since when, and whether that was told.
    starving: Vec<(u32, Instant, bool)>,
}

impl Seen {
    fn look(&mut self, shared: &Shared, watched: &Watched) {
        if let Some(bound) = watched.long_poll {
            self.look_at_polls(shared, bound);
        }
        let is_due = self.sampled.is_none_or(|sampled| sampled.elapsed() >= watched.sample);
        for runtime in runtimes::all() {
            let depth = runtime.metrics.global_queue_depth();
            if is_due {
                sample(&runtime, depth);
            }
            self.look_at_queue(shared, watched, &runtime, depth as u64);
            self.look_at_workers(shared, watched, &runtime, depth);
        }
        if is_due {
            self.sampled = Some(Instant::now());
        }
    }

    /// Tells of each poll once.
    fn look_at_polls(&mut self, shared: &Shared, bound: Duration) {
        let now = clock::now();
        let mut long = Vec::new();
        for lane in events::lanes() {
            let Some((Doing::Poll, since, task)) = lane.doing() else { continue };
            let nanos = now.nanos_since(since);
            if u128::from(nanos) <= bound.as_nanos() {
                continue;
            }
            let poll = (lane.number(), since.0);
            long.push(poll);
            if !self.polls.contains(&poll) {
                let mut trigger = Trigger::new("long_poll").with("running_for_ns", nanos);
                trigger = trigger.with("thread", lane.facts().name);
                (trigger.thread, trigger.task) = (lane.number(), task);
                shared.trigger(trigger);
            }
        }
        self.polls = long;
    }

    fn look_at_queue(&mut self, shared: &Shared, watched: &Watched, runtime: &Recorded, depth: u64) {
        let Some(bound) = watched.queue_depth else { return };
        let known = self.deep.iter().position(|id| *id == runtime.id);
        match known {
            None if depth > bound => {
                self.deep.push(runtime.id);
                let trigger = Trigger::new("queue_depth").with("depth", depth);
                shared.trigger(trigger.with("runtime", runtime.name.clone()));
            }
            Some(at) if depth <= bound => drop(self.deep.swap_remove(at)),
            _ => {}
        }
    }

    fn look_at_workers(&mut self, shared: &Shared, watched: &Watched, runtime: &Recorded, depth: usize) {
        let Some(bound) = watched.starvation else { return };
        let is_idle =
            |facts: &events::ThreadFacts| facts.runtime == Some(runtime.id) && facts.worker.is_some();
        let parked =
            |lane: &&events::Lane| matches!(lane.doing(), Some((Doing::Park, ..))) && is_idle(&lane.facts());
        let waits = depth > 0 || local_depth(runtime) > 0;
        let known = self.starving.iter().position(|(id, ..)| *id == runtime.id);
        if !waits || !events::lanes().iter().any(parked) {
            if let Some(at) = known {
                self.starving.swap_remove(at);
            }
            return;
        }
        let at = known.unwrap_or_else(|| {
            self.starving.push((runtime.id, Instant::now(), false));
            self.starving.len() - 1
        });
        let (_, since, told) = &mut self.starving[at];
        if !*told && since.elapsed() > bound {
            *told = true;
            let trigger = Trigger::new("starvation").with("waiting_tasks", depth as u64);
            shared.trigger(trigger.with("runtime", runtime.name.clone()));
        }
    }
}

/// Records how many tasks wait.
fn sample(runtime: &Recorded, global: usize) {
    #[cfg(tokio_unstable)]
    {
        let metrics = &runtime.metrics;
        let workers = (0..metrics.num_workers().min(MAX_DEPTHS))
            .map(|worker| u32::try_from(metrics.worker_local_queue_depth(worker)).unwrap_or(u32::MAX));
        let blocking = u32::try_from(metrics.blocking_queue_depth()).unwrap_or(u32::MAX);
        events::depth(runtime.id, global as u64, Some(blocking), &workers.collect::<Vec<_>>());
    }
    #[cfg(not(tokio_unstable))]
    events::depth(runtime.id, global as u64, None, &[]);
}

/// Tasks in the queues of the workers, where that can be known.
fn local_depth(runtime: &Recorded) -> usize {
    #[cfg(tokio_unstable)]
    {
        let metrics = &runtime.metrics;
        (0..metrics.num_workers()).map(|worker| metrics.worker_local_queue_depth(worker)).sum()
    }
    #[cfg(not(tokio_unstable))]
    {
        let _ = runtime;
        0
    }
}
