//! Says what a recording shows: what each worker did, the longest polls, and workers that were idle while tasks waited. The command
//! `spanwright analyze` says more; this is how to ask questions of one's own.
//!
//! ```text
//! cargo run --example analyze_trace -- /tmp/my_traces/trace.0.bin
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use spanwright_recording::event::{Event, Role};
use spanwright_recording::{Reader, Summary, files};

/// How many of the longest polls are shown.
const LONGEST: usize = 5;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: analyze_trace FILE-OR-FOLDER");
        return ExitCode::from(2);
    };
    match analyze(Path::new(&path)) {
        Ok(true) => ExitCode::SUCCESS,
        // As far as it is whole, it was shown.
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("analyze_trace: {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

/// Shows what there is, and says whether that is all.
fn analyze(path: &Path) -> io::Result<bool> {
    let mut reader = Reader::open_all(files(path)?)?;
    let summary = Summary::of(&mut reader, |_, _| {});
    print!("{summary}");

    let mut polls = Vec::new();
    let mut idle: BTreeMap<u32, u64> = BTreeMap::new();
    let mut waiting: BTreeMap<_, Waiting> = BTreeMap::new();
    let mut events = reader.events();
    while let Some(record) = events.next() {
        let names = events.names();
        match &record.event {
            Event::Poll(poll) => keep_longest(&mut polls, poll.duration.0, || match names.task(poll.task) {
                Some(task) => format!("{} at {}:{}", task.name, task.place.file, task.place.line),
                None => format!("task {}", poll.task),
            }),
            Event::QueueDepth(depth) => {
                let empty = depth.global == 0 && depth.workers.iter().all(|tasks| *tasks == 0);
                waiting.entry(depth.runtime).or_default().sample(record.at, empty);
            }
            // A park is told at its end, after the samples within it.
            Event::Park(_) => {
                let worker = names.thread(record.thread).filter(|thread| thread.role == Role::Worker);
                if let Some(worker) = worker {
                    let waiting = worker.runtime.and_then(|runtime| waiting.get(&runtime));
                    *idle.entry(record.thread).or_default() +=
                        waiting.map_or(0, |waiting| waiting.within(record.start(), record.at));
                }
            }
            _ => {}
        }
    }

    println!("\nLongest polls");
    for (nanos, task) in &polls {
        println!("{:>12.1?} {task}", Duration::from_nanos(*nanos));
    }
    println!("\nWorkers");
    let busy = |thread: &u32| summary.threads.get(thread).map_or(0, |thread| thread.busy);
    let busiest = idle.keys().map(busy).max().unwrap_or_default().max(1);
    for (thread, idle) in &idle {
        let share = 100 * busy(thread) / busiest;
        let idle = Duration::from_nanos(*idle);
        println!(
            "thread {thread}: busy {share} % of the time of the busiest, idle for {idle:.1?} while tasks waited"
        );
    }
    for problem in reader.problems().iter() {
        eprintln!("analyze_trace: {problem}");
    }
    Ok(reader.problems().is_empty())
}

/// When tasks of a runtime waited for a worker, as samples of its queues say.
#[derive(Default)]
struct Waiting {
    /// From when to when, in their order.
    past: Vec<(u64, u64)>,
    /// Since when, where they still do.
    since: Option<u64>,
}

impl Waiting {
    fn sample(&mut self, at: u64, empty: bool) {
        match self.since {
            None if !empty => self.since = Some(at),
            Some(since) if empty => {
                self.past.push((since, at));
                self.since = None;
            }
            _ => {}
        }
    }

    /// For how long, of this time.
    fn within(&self, from: u64, to: u64) -> u64 {
        let now = self.since.map(|since| (since, to));
        let past = self.past.iter().rev().copied().take_while(|(_, end)| *end > from);
        now.into_iter().chain(past).map(|(start, end)| end.min(to).saturating_sub(start.max(from))).sum()
    }
}

/// Keeps the longest ones, the longest first.
fn keep_longest(polls: &mut Vec<(u64, String)>, nanos: u64, task: impl FnOnce() -> String) {
    if polls.len() < LONGEST || polls.last().is_some_and(|last| last.0 < nanos) {
        let at = polls.partition_point(|poll| poll.0 >= nanos);
        polls.insert(at, (nanos, task()));
        polls.truncate(LONGEST);
    }
}
