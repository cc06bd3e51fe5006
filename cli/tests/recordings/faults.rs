//! Programs with faults, recorded as they run: `spanwright analyze` finds each by its name, at its place. A program without one yields
//! nothing.

mod programs;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use spanwright::recorder::{Recorder, SimpleBinaryWriter};
use tokio::runtime::{Builder, Runtime};

use super::{folder, spanwright, stderr, stdout, viewer};

/// A process has one recorder.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a program on a runtime of so many workers, and gives the analysis of its recording.
fn analysis(name: &str, workers: usize, program: impl FnOnce(&Runtime)) -> Value {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder(name);
    let writer = SimpleBinaryWriter::new(folder.join("a.spwr")).unwrap();
    let guard = Recorder::new(writer).without_recovery().start().unwrap();
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).enable_all();
    let runtime = guard.handle().build(builder, "main").unwrap();
    program(&runtime);
    drop((runtime, guard));
    analyzed(&folder)
}

fn analyzed(folder: &Path) -> Value {
    let output = spanwright(folder, &["analyze", "a.spwr", "--json"]);
    assert_eq!((output.status.code(), &*stderr(&output)), (Some(0), ""));
    let analysis = serde_json::from_str(&stdout(&output)).unwrap();
    viewer::agrees(&folder.join("a.spwr"), &analysis, &["id", "severity", "at", "place", "subject"]);
    analysis
}

/// The findings of a kind.
fn found<'a>(analysis: &'a Value, id: &str) -> Vec<&'a Value> {
    analysis["findings"].as_array().unwrap().iter().filter(|finding| finding["id"] == id).collect()
}

/// That one finding of a kind is at the line of the programs that has this comment.
#[track_caller]
fn is_at<'a>(analysis: &'a Value, id: &str, comment: &str) -> &'a Value {
    let place = place(comment);
    let found = found(analysis, id);
    let there: Vec<_> =
        found.iter().filter(|finding| finding["place"].as_str().unwrap().contains(&place)).collect();
    assert_eq!(there.len(), 1, "{id} at {place}: {:#}", analysis["findings"]);
    there[0]
}

fn place(comment: &str) -> String {
    let text = include_str!("faults/programs.rs");
    let line =
        text.lines().position(|line| line.ends_with(&format!("// {comment}"))).expect("the comment is there");
    format!("faults/programs.rs:{}", line + 1)
}

#[test]
fn a_call_that_blocks_is_found_at_the_function_that_makes_it() {
    let all = analysis("blocks", 2, |runtime| runtime.block_on(programs::blocks()));
    let finding = is_at(&all, "blocking-in-async", "the function that blocks");
    assert_eq!(finding["severity"], "error");
    assert!(finding["numbers"]["longest"].as_u64().unwrap() >= 100_000_000, "{finding}");
    let said = finding["said"].as_str().unwrap();
    assert!(
        said.contains("in `reads_a_large_file`") && said.contains(&place("the task that blocks")),
        "{said}"
    );
}

#[test]
fn tasks_that_nobody_ends_are_found_where_they_are_made() {
    let all = analysis("leaks", 2, |runtime| runtime.block_on(programs::leaks()));
    let finding = is_at(&all, "task-leak", "the leak");
    assert!(finding["numbers"]["alive"].as_u64().unwrap() >= 150, "{finding}");
    assert_eq!(found(&all, "task-leak").len(), 1, "tasks that end are no leak: {:#}", all["findings"]);
}

#[test]
fn a_task_that_waits_while_a_worker_sleeps_is_found() {
    let all = analysis("starves", 2, |runtime| runtime.block_on(programs::starves()));
    let finding = is_at(&all, "worker-starvation", "the task that starves");
    assert!(finding["numbers"]["slept"].as_u64().unwrap() >= 100_000_000, "{finding}");
    // What it starves by.
    is_at(&all, "blocking-in-async", "what it starves by");
}

#[test]
fn a_task_whose_waker_was_lost_is_found() {
    let all = analysis("loses", 2, |runtime| runtime.block_on(programs::loses_its_waker()));
    let finding = is_at(&all, "missed-wake", "the waker that is lost");
    assert_eq!(finding["severity"], "error");
    assert!(finding["said"].as_str().unwrap().contains("nobody holds its waker"), "{finding}");
}

#[test]
fn a_task_whose_wake_up_was_missed_is_found_among_others_that_were_not() {
    let all = analysis("misses", 2, |runtime| runtime.block_on(programs::misses_a_wake()));
    let finding = is_at(&all, "missed-wake", "the wake-up that is missed");
    assert_eq!(
        (&finding["severity"], &finding["numbers"]["count"]),
        (&"warning".into(), &1.into()),
        "{finding}"
    );
}

#[test]
fn a_task_that_panics_is_found() {
    let all = analysis("panics", 1, |runtime| runtime.block_on(programs::panics()));
    is_at(&all, "task-panic", "the panic");
}

#[test]
fn a_busy_program_without_faults_yields_nothing() {
    let all = analysis("healthy", 2, |runtime| runtime.block_on(programs::echoes()));
    assert!(all["events"].as_u64().unwrap() > 20_000, "{}", all["events"]);
    assert_eq!(all["findings"].as_array().unwrap().len(), 0, "{:#}", all["findings"]);
}
