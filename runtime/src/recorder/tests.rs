//! A recorder beside who reads the ring and is slow, in a process of its own.

use std::process::Command;
use std::time::Duration;

use spanwright_core::chunks::{self, Reader};

use super::{NullWriter, Recorder};

/// As a pipeline that gets to nothing.
fn reader() -> Reader<'static> {
    std::iter::from_fn(|| Some(chunks::ring().reader()))
        .flatten()
        .next()
        .expect("others have it for a moment")
}

#[test]
#[ignore = "a program for the test below"]
fn a_program_whose_pipeline_is_stuck() {
    let (short, long) = (Duration::from_millis(700), Duration::from_secs(20));
    let stuck = reader();
    let guard = Recorder::new(NullWriter).without_recovery().start().expect("it is the first");
    let handle = guard.handle();
    assert!(!handle.flush(short), "nobody has read the ring");
    drop(stuck);
    assert!(handle.flush(long));
    let stuck = reader();
    assert!(!guard.shutdown(short), "nor now");
    drop(stuck);
    let guard = std::iter::from_fn(|| Some(Recorder::new(NullWriter).without_recovery().start()));
    let guard = guard.flatten().next().expect("it ends all the same");
    assert!(guard.shutdown(long));
}

#[test]
fn nothing_is_said_to_be_written_that_the_pipeline_has_not_read() {
    let mut program = Command::new(std::env::current_exe().expect("it runs"));
    program.args(["recorder::tests::a_program_whose_pipeline_is_stuck", "--exact", "--ignored"]);
    let output = program.output().expect("it can be started");
    assert!(output.status.success(), "{output:?}");
}
