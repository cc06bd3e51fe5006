//! What an annotation costs, beside the peers. Run it from this folder with `cargo run --release`, or with
//! `cargo run --release -- --only NAME` for the tables whose name has that in it; the results of the last run are in
//! BENCHMARKS.md.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `rows` | what is measured of whom |
//! | `harness` | processes that measure in turns, and their medians |
//! | `child` | such a process |
//! | `setup` | what is installed there |
//! | `volume` | many series: scrapes and growth |
//! | `allocations`, `cpu` | what is counted beside time |
//! | `sink` | a receiver of OTLP |

mod allocations;
mod child;
mod cpu;
mod harness;
mod rows;
mod setup;
mod sink;
mod volume;

use std::io;

use harness::{Batches, Worker, medians, worker};
use rows::{Measure, Row};
use spanwright_benches::subjects::large;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--child", setup, receiver] => child::work(setup, receiver),
        ["--sink"] => sink::serve(),
        ["--only", name] => report(name),
        [] => report(""),
        _ => Err(io::Error::other("usage: spanwright-benches [--only NAME]")),
    }
}

/// The setup in which nothing listens.
const NOBODY: &str = "none";
const MIB: f64 = 1_048_576.0;

/// All tables whose names contain `only`.
fn report(only: &str) -> io::Result<()> {
    if "future-bytes".contains(only) {
        sizes();
    }
    for row in rows::all().iter().filter(|row| row.name.contains(only)) {
        println!("\n### {}\n", row.title);
        match row.measure {
            Measure::Nanos { batches, per } => nanos(row, batches, per as f64)?,
            Measure::Saturated => saturated(row)?,
            Measure::Threads { batches } => threads(row, batches)?,
            Measure::Scrape { series } => scraped(row, series)?,
            Measure::Growth => grown(row)?,
            Measure::Allocations { per } => allocated(row, per as f64)?,
            Measure::Background => background(row)?,
        }
    }
    Ok(())
}

/// What an annotation adds to a future.
fn sizes() {
    let plain = size_of_val(&large::plain(""));
    println!("\n### Bytes of a future that holds 4 KiB\n");
    println!("| | bytes | added |\n| --- | ---: | ---: |");
    let sizes = [
        ("plain", plain),
        ("spanwright", size_of_val(&large::ours(""))),
        ("tracing", size_of_val(&large::tracings(""))),
        ("fastrace", size_of_val(&large::fastraces(""))),
        ("autometrics", size_of_val(&large::autometric(""))),
        ("hotpath", size_of_val(&large::hotpaths(""))),
    ];
    for (name, size) in sizes {
        println!("| {name} | {size} | {:+} |", size - plain);
    }
}

fn nanos(row: &Row, batches: Batches, per: f64) -> io::Result<()> {
    let medians = medians("time", batches, &row.contenders)?;
    println!("| | ns | over plain |\n| --- | ---: | ---: |");
    // Where nothing is plain, nothing is taken off.
    let plain = if row.contenders[0].label == "plain" { medians[0] } else { 0.0 };
    for (contender, median) in row.contenders.iter().zip(&medians) {
        println!("| {} | {:.2} | {:+.2} |", contender.label, median / per, (median - plain) / per);
    }
    Ok(())
}

fn threads(row: &Row, batches: Batches) -> io::Result<()> {
    let alone = medians("time", batches, &row.contenders)?;
    let together = medians("threads", batches, &row.contenders)?;
    let has_plain = row.contenders[0].label == "plain";
    if has_plain {
        println!("| | ns alone | over plain | ns each of two at once | over plain |");
        println!("| --- | ---: | ---: | ---: | ---: |");
    } else {
        println!("| | ns alone | ns each at once |\n| --- | ---: | ---: |");
    }
    for ((contender, one), two) in row.contenders.iter().zip(&alone).zip(&together) {
        let label = contender.label;
        if has_plain {
            let (over_one, over_two) = (one - alone[0], two - together[0]);
            println!("| {label} | {one:.2} | {over_one:+.2} | {two:.2} | {over_two:+.2} |");
        } else {
            println!("| {label} | {one:.2} | {two:.2} |");
        }
    }
    Ok(())
}

fn scraped(row: &Row, series: u64) -> io::Result<()> {
    println!("| | ms | lines | MiB of text | MiB at the peak |\n| --- | ---: | ---: | ---: | ---: |");
    for contender in &row.contenders {
        let answer = worker(NOBODY, "")?.ask("scrape", series, contender.subject)?;
        let [millis, peak, lines, bytes] = numbers(&answer)[..] else { return Err(io::Error::other(answer)) };
        let (peak, text) = (peak / MIB, bytes / MIB);
        println!("| {} | {millis:.1} | {lines} | {text:.1} | {peak:.1} |", contender.label);
    }
    Ok(())
}

fn grown(row: &Row) -> io::Result<()> {
    println!("| | series | ns for a new one | ns for one that is known | bytes each | ms a scrape |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for contender in &row.contenders {
        let answer = worker(NOBODY, "")?.ask("growth", 0, contender.subject)?;
        for (size, numbers) in rows::SIZES.iter().zip(numbers(&answer).chunks(4)) {
            let [new, known, bytes, millis] = numbers else { return Err(io::Error::other(answer)) };
            println!("| {} | {size} | {new:.0} | {known:.0} | {bytes:.0} | {millis:.2} |", contender.label);
        }
    }
    Ok(())
}

fn saturated(row: &Row) -> io::Result<()> {
    println!("| | ns | made | dropped |\n| --- | ---: | ---: | ---: |");
    for contender in &row.contenders {
        let answer = worker(contender.setup, "")?.ask("saturate", 2_000, contender.subject)?;
        let [nanos, made, exported, ..] = numbers(&answer)[..] else { return Err(io::Error::other(answer)) };
        println!("| {} | {nanos:.2} | {made} | {:.1} % |", contender.label, dropped(made, exported));
    }
    Ok(())
}

fn allocated(row: &Row, per: f64) -> io::Result<()> {
    println!("| | allocations |\n| --- | ---: |");
    let n = 1_000 / per as u64;
    for contender in &row.contenders {
        let mut worker = worker(contender.setup, "")?;
        let mut count = 0.0;
        // The first times warm up.
        for _ in 0..4 {
            count = numbers(&worker.ask("allocations", n, contender.subject)?)[0];
            worker.ask("settle", 0, "")?;
        }
        println!("| {} | {:.2} |", contender.label, count / (n as f64 * per));
    }
    Ok(())
}

fn background(row: &Row) -> io::Result<()> {
    let mut sink = Worker::start(&["--sink"])?;
    let receiver = sink.line()?;
    println!("| | ns a span | dropped | ns by thread |\n| --- | ---: | ---: | --- |");
    for contender in &row.contenders {
        let answer = worker(contender.setup, &receiver)?.ask("background", 0, contender.subject)?;
        let [nanos, made, exported] = numbers(&answer)[..] else { return Err(io::Error::other(answer)) };
        let threads: Vec<_> = answer.split(' ').skip(3).map(|thread| thread.replace('=', " ")).collect();
        let (dropped, threads) = (dropped(made, exported), threads.join(", "));
        println!("| {} | {nanos:.0} | {dropped:.1} % | {threads} |", contender.label);
    }
    Ok(())
}

/// The numbers that a text begins with.
fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map_while(|word| word.parse().ok()).collect()
}

fn dropped(made: f64, exported: f64) -> f64 {
    (made - exported) / made * 100.0
}
