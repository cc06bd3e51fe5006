//! Two thousand threads that are recorded, at once and one after the other, and what memory each takes.
#![allow(clippy::print_stdout, reason = "what was measured is for whoever asked for it")]

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use spanwright::recorder::{NullWriter, Recorder};
use spanwright::{Event as _, instrument};
use spanwright_recording::event::{Event, Record};

use crate::recorded::{alone, recorder};

const THREADS: u64 = 2_000;
const TIMES: u64 = 5;

#[derive(spanwright::Event)]
struct Done {
    number: u64,
}

#[instrument]
fn of_many() {}

#[instrument]
async fn polled_by_many() {}

fn work(number: u64, times: u64) {
    for _ in 0..times {
        of_many();
        let polled = pin!(polled_by_many()).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(()));
        Done { number }.emit();
    }
}

/// Runs on so many threads of small stacks, which are named.
fn on_threads(count: u64, run: impl Fn(u64) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..count {
            let run = &run;
            let thread = std::thread::Builder::new().name(format!("many-{number}")).stack_size(128 << 10);
            thread.spawn_scoped(scope, move || run(number)).unwrap();
        }
    });
}

fn check(events: &[Record<'static>], lost: u64) {
    let mut gaps = 0;
    let mut counts = [0; 4];
    let mut unnamed: HashSet<String> = (0..THREADS).map(|number| format!("many-{number}")).collect();
    let mut known = HashSet::new();
    for record in events {
        match &record.event {
            Event::Gap(gap) => gaps += gap.lost,
            Event::User(user) if &*user.name == "done" => counts[0] += 1,
            Event::Span(span) if &*span.name == "of_many" => counts[1] += 1,
            Event::Span(span) if &*span.name == "polled_by_many" => counts[2] += 1,
            Event::Poll(_) => counts[3] += 1,
            Event::Thread(thread) => {
                unnamed.remove(&*thread.name);
                known.insert(thread.id);
            }
            _ => {}
        }
    }
    assert_eq!(gaps, lost);
    let missing: u64 = counts.iter().map(|count| (THREADS * TIMES).saturating_sub(*count)).sum();
    assert!(missing <= lost, "{counts:?} of {} each, {lost} are said to be lost", THREADS * TIMES);
    assert!(unnamed.is_empty(), "{} without a name, {lost} events lost", unnamed.len());
    let strange = events.iter().find(|record| record.thread != 0 && !known.contains(&record.thread));
    assert_eq!(strange, None, "of a thread that is not known");
}

#[test]
fn two_thousand_threads_at_once_are_recorded_and_named() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let status = guard.handle();
    let all = Barrier::new(THREADS as usize);
    on_threads(THREADS, |number| {
        all.wait();
        work(number, TIMES);
        all.wait();
    });
    drop(guard);
    check(&kept.events(), status.status().lost);
}

#[test]
fn two_thousand_threads_that_come_and_go_are_recorded_and_named() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let status = guard.handle();
    on_threads(THREADS, |number| work(number, TIMES));
    drop(guard);
    check(&kept.events(), status.status().lost);
}

const MODE: &str = "SPANWRIGHT_TEST_MODE";
const COUNT: &str = "SPANWRIGHT_TEST_COUNT";

/// Prints how much memory this process has, in KiB, while so many threads wait, which have worked or not.
#[test]
#[ignore = "a program for the one below"]
fn a_program() {
    let (mode, count) = (std::env::var(MODE).unwrap(), std::env::var(COUNT).unwrap().parse().unwrap());
    let guard = mode.starts_with("recorded").then(|| Recorder::new(NullWriter).start().unwrap());
    let (begun, ends) = (Barrier::new(count as usize + 1), Barrier::new(count as usize + 1));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            on_threads(count, |number| {
                if mode.ends_with("active") {
                    work(number, 100);
                }
                begun.wait();
                ends.wait();
            });
        });
        begun.wait();
        if let Some(guard) = &guard {
            guard.handle().flush(Duration::from_secs(10));
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        println!("rss={}", rss.trim().trim_end_matches(" kB"));
        ends.wait();
    });
}

/// What a thread takes, with a recorder and without:
/// `cargo test -p spanwright-recorder-tests --release many::memory -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and asserts nothing"]
fn memory_of_a_thread() {
    let rss = |mode: &str, count: u64| {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["many::a_program", "--exact", "--ignored", "--nocapture"]);
        let output = program.env(MODE, mode).env(COUNT, count.to_string()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let rss = said.split("rss=").nth(1).and_then(|rest| rest.split_whitespace().next());
        rss.unwrap().parse::<f64>().unwrap()
    };
    println!("| | one thread, KiB | {THREADS} threads, KiB | each more, KiB |\n| --- | ---: | ---: | ---: |");
    for mode in ["plain, idle", "recorded, idle", "plain, active", "recorded, active"] {
        let (one, all) = (rss(mode, 1), rss(mode, THREADS));
        println!("| {mode} | {one} | {all} | {:.2} |", (all - one) / (THREADS - 1) as f64);
    }
}
