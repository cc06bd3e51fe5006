//! Each test runs this test program anew, as the program that is asked to end, with one of the ignored tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::*;

const SIGTERM: i32 = 15;
const SIGINT: i32 = 2;

struct Program {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(test: &str) -> Self {
        let test = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([&test, "--exact", "--ignored", "--nocapture"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { child, output };
        program.wait_for("ready");
        program
    }

    fn wait_for(&mut self, expected: &str) {
        let mut line = String::new();
        while !line.ends_with(&format!("{expected}\n")) {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "`{expected}` never came");
        }
    }

    fn signal(&self, signal: i32) {
        let status = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// How long the programs serve on after SIGTERM.
const DRAIN: Duration = Duration::from_millis(300);

/// Prints at once: the test's output is a pipe.
fn say(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{text}").unwrap();
    out.flush().unwrap();
}

fn handle_with_flush_of(duration: Duration) {
    handle_with(duration, DRAIN);
}

fn handle_with(duration: Duration, drain: Duration) {
    let flush = move || {
        say("flushing");
        std::thread::sleep(duration);
        say("flushed");
    };
    handle(Hooks { announce: Box::new(|| say("announced")), drain, flush: Box::new(flush) }).unwrap();
}

fn sleep() {
    std::thread::sleep(Duration::from_secs(30));
}

#[test]
#[ignore = "a program for other tests"]
fn program_that_flushes() {
    handle_with_flush_of(Duration::from_millis(50));
    say("ready");
    sleep();
}

#[test]
fn a_signal_flushes_and_ends_the_program_as_it_would_have() {
    for signal in [SIGTERM, SIGINT] {
        let program = Program::start("program_that_flushes");
        program.signal(signal);
        let (status, output) = program.end();
        assert_eq!(status.signal(), Some(signal));
        assert_eq!(output, "announced\nflushing\nflushed\n");
    }
}

#[test]
fn after_sigterm_the_program_serves_on_for_the_drain_period() {
    let mut program = Program::start("program_that_flushes");
    let start = Instant::now();
    program.signal(SIGTERM);
    program.wait_for("announced");
    program.wait_for("flushing");
    assert!(start.elapsed() >= DRAIN);
    program.end();
}

#[test]
#[ignore = "a program for other tests"]
fn program_that_drains_for_long() {
    handle_with(Duration::ZERO, Duration::from_secs(25));
    say("ready");
    sleep();
}

#[test]
fn a_second_signal_ends_the_drain_period_too_and_people_wait_for_none() {
    let mut program = Program::start("program_that_drains_for_long");
    program.signal(SIGTERM);
    program.wait_for("announced");
    program.signal(SIGTERM);
    let (status, output) = program.end();
    assert_eq!((status.signal(), output.as_str()), (Some(SIGTERM), ""));
    let program = Program::start("program_that_drains_for_long");
    program.signal(SIGINT);
    let (status, output) = program.end();
    assert_eq!((status.signal(), output.as_str()), (Some(SIGINT), "announced\nflushing\nflushed\n"));
}

#[test]
#[ignore = "a program for other tests"]
fn program_that_flushes_for_long() {
    handle_with_flush_of(Duration::from_secs(30));
    say("ready");
    sleep();
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let mut program = Program::start("program_that_flushes_for_long");
    program.signal(SIGTERM);
    program.wait_for("flushing");
    program.signal(SIGINT);
    let (status, output) = program.end();
    assert_eq!((status.signal(), output.as_str()), (Some(SIGINT), ""));
}

#[test]
#[ignore = "a program for other tests"]
fn program_that_takes_the_token() {
    let token = shutdown_token();
    handle_with_flush_of(Duration::ZERO);
    assert!(!token.is_cancelled());
    say("ready");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(token.cancelled());
    assert!(token.is_cancelled() && shutdown_token().is_cancelled());
    say("ended by itself");
}

#[test]
fn where_a_token_was_taken_the_program_ends_by_itself() {
    let program = Program::start("program_that_takes_the_token");
    program.signal(SIGTERM);
    let (status, output) = program.end();
    assert!(status.success(), "{status} {output}");
    assert!(output.starts_with("announced\nended by itself\n"), "{output}");
    assert!(!output.contains("flush"), "flushing is the guard's then: {output}");
}

#[test]
#[ignore = "a program for other tests"]
fn program_after_its_telemetry() {
    handle_with_flush_of(Duration::from_secs(30));
    let _token = shutdown_token();
    release();
    say("ready");
    sleep();
}

#[test]
fn after_the_telemetry_a_signal_does_what_it_always_did() {
    let program = Program::start("program_after_its_telemetry");
    program.signal(SIGTERM);
    let (status, output) = program.end();
    assert_eq!((status.signal(), output.as_str()), (Some(SIGTERM), ""));
}
