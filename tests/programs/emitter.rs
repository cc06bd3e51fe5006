//! A program that does as it is told: a line on the standard input is a command, and each has one line as its answer.
//!
//! | Command | Does | Answer |
//! | --- | --- | --- |
//! | `call 100 9` | calls an annotated function so often; each call has a span with a text of that length, and an event | `> called` |
//! | `count 7` | counts in metrics of every kind so often |
//! | `series 1000` | has a counter with so many series, each at its number |
//! | `flush` | exports what there is | `> flushed true` where all was delivered |
//! | `shutdown` | ends the telemetry | `> ended true` where all was delivered |
//! | `counts` | | `> counts` and the telemetry's own counters, as `name=value` |
//!
//! Told `once` as its argument, it counts once and ends. All else is said by the environment.
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod metrics;

use std::io::{self, BufRead};

use spanwright::export::exposition::to_text;
use spanwright::{Guard, Registry, Telemetry, instrument};

/// What is counted.
#[instrument(record(number, text))]
fn work(number: u64, text: &str) {
    tracing::info!(number, "at work");
}

fn main() {
    let mut telemetry =
        Some(Telemetry::builder().service_name("emitter").install().expect("it is the first"));
    let own = metrics::Own::start();
    if std::env::args().nth(1).is_some_and(|argument| argument == "once") {
        return own.count(1);
    }
    for line in io::stdin().lock().lines() {
        let line = line.expect("commands are UTF-8");
        println!("> {}", obey(&line, &own, &mut telemetry));
    }
}

fn obey(command: &str, own: &metrics::Own, telemetry: &mut Option<Guard>) -> String {
    match command.split_once(' ').unwrap_or((command, "")) {
        ("call", arguments) => {
            let (calls, length) = arguments.split_once(' ').unwrap_or((arguments, "0"));
            let text = "x".repeat(length.parse().expect("a number"));
            for number in 0..calls.parse().expect("a number") {
                work(number, &text);
            }
            "called".to_owned()
        }
        ("count", times) => {
            own.count(times.parse().expect("a number"));
            "counted".to_owned()
        }
        ("series", many) => {
            own.have_series(many.parse().expect("a number"));
            "had".to_owned()
        }
        ("flush", _) => format!("flushed {}", telemetry.as_ref().is_some_and(Guard::flush)),
        ("shutdown", _) => format!("ended {}", telemetry.take().is_some_and(Guard::shutdown)),
        ("counts", _) => counts(),
        (unknown, _) => panic!("unknown command `{unknown}`"),
    }
}

/// Input: `spanwright_spans_dropped_total{reason="export"} 3`; output: `… spans_dropped_total{reason="export"}=3 …`.
fn counts() -> String {
    let exposition = to_text(&Registry::global().snapshot());
    let mut answer = "counts".to_owned();
    for line in exposition.lines() {
        if let Some((name, value)) = line.strip_prefix("spanwright_").and_then(|line| line.split_once(' ')) {
            answer += &format!(" {name}={value}");
        }
    }
    answer
}
