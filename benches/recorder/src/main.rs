//! What a recorder costs a program and its Tokio runtime, beside dial9. Each contender is a process of its own, and they take turns.
//!
//! ```sh
//! cargo run --release                                        # stable Tokio
//! RUSTFLAGS="--cfg tokio_unstable" cargo run --release       # all tasks, and dial9
//! cargo run --release -- loads                               # or: floors, requests, bytes, memory, killed
//! ```

mod child;
mod contenders;
mod loads;
mod recordings;
mod requests;
mod worker;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contenders::CONTENDERS;
use loads::{FLOORS, LOADS};
use worker::Worker;

/// Where code and memory lie in a process differs from start to start, and with it what a loop costs: so often each is started anew …
const STARTS: usize = 9;
/// … for so many batches, which the quartile is of, all starts together.
const BATCHES: usize = 15;

/// Measures and prints.
type Table = fn() -> io::Result<()>;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let ["--child", contender, workers, folder] =
        arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        return child::serve(contender, workers.parse().map_err(io::Error::other)?, Path::new(folder));
    }
    let tables: [(&str, Table); 6] = [
        ("floors", floors),
        ("loads", loads),
        ("requests", requests),
        ("bytes", bytes),
        ("memory", memory),
        ("killed", killed),
    ];
    if arguments.iter().any(|wanted| !tables.iter().any(|(name, _)| wanted == name)) {
        return Err(io::Error::other(
            "usage: spanwright-recorder-benches [floors|loads|requests|bytes|memory|killed]…",
        ));
    }
    for (name, table) in tables {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == name) {
            table()?;
        }
    }
    let _ = fs::remove_dir_all(scratch());
    Ok(())
}

/// For recordings.
fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("spanwright-recorder-benches-{}", std::process::id()))
}

/// An empty folder.
fn emptied(name: &str) -> io::Result<PathBuf> {
    let folder = scratch().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A quarter of them is less: what else the machine does only ever adds to times, and to those of some more than to others'.
fn lower_quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}

/// The lower quartile of a batch's nanoseconds, by contender and question: they take turns, in processes that are started anew.
fn quartiles(contenders: &[&str], questions: &[String]) -> io::Result<Vec<f64>> {
    let mut times = vec![Vec::new(); contenders.len() * questions.len()];
    for _ in 0..STARTS {
        let start = |name: &&str| Worker::start(name, 1, &emptied(name)?);
        let mut workers = contenders.iter().map(start).collect::<io::Result<Vec<_>>>()?;
        for batch in 0..=BATCHES {
            let mut times = times.iter_mut();
            for worker in &mut workers {
                for (question, times) in questions.iter().zip(&mut times) {
                    let nanos = worker.ask(question)?[0];
                    // The first one warms up.
                    times.extend((batch > 0).then_some(nanos));
                }
            }
        }
    }
    Ok(times.iter_mut().map(|times| lower_quartile(times)).collect())
}

fn names() -> Vec<&'static str> {
    CONTENDERS.iter().map(|contender| contender.name).collect()
}

fn floors() -> io::Result<()> {
    const COUNT: usize = 10_000;
    println!("\n### Without a runtime\n\n| | ns | over the body |\n| --- | ---: | ---: |");
    let questions: Vec<_> = (0..FLOORS.len()).map(|floor| format!("floor {floor} {COUNT}")).collect();
    let quartiles = quartiles(&["spanwright, NullWriter"], &questions)?;
    for (loads::Floor { name, .. }, quartile) in FLOORS.iter().zip(&quartiles) {
        let nanos = |total: f64| total / COUNT as f64;
        println!("| {name} | {:.1} | {:+.1} |", nanos(*quartile), nanos(quartile - quartiles[0]));
    }
    Ok(())
}

fn loads() -> io::Result<()> {
    for (number, load) in LOADS.iter().enumerate() {
        println!("\n### {}\n\n| | ns | over plain | factor |\n| --- | ---: | ---: | ---: |", load.name);
        let quartiles = quartiles(&names(), &[format!("load {number}")])?;
        let plain = quartiles[0] / load.count as f64;
        for (contender, quartile) in CONTENDERS.iter().zip(&quartiles) {
            let nanos = quartile / load.count as f64;
            println!("| {} | {nanos:.1} | {:+.1} | {:.3} |", contender.name, nanos - plain, nanos / plain);
        }
    }
    Ok(())
}

fn requests() -> io::Result<()> {
    println!("\n### An echo server with 50 connections, one worker\n");
    println!("| | requests a second | of plain | p50, µs | p99, µs |\n| --- | ---: | ---: | ---: | ---: |");
    let mut results = vec![[const { Vec::new() }; 3]; CONTENDERS.len()];
    for _ in 0..2 * STARTS {
        for (contender, results) in CONTENDERS.iter().zip(&mut results) {
            let mut worker = Worker::start(contender.name, 1, &emptied(contender.name)?)?;
            for (all, one) in results.iter_mut().zip(worker.ask("requests")?) {
                all.push(one);
            }
        }
    }
    let mut plain = 0.0;
    for (contender, results) in CONTENDERS.iter().zip(&mut results) {
        let [rates, p50, p99] = results;
        rates.iter_mut().for_each(|rate| *rate = -*rate);
        let (rate, p50, p99) = (-lower_quartile(rates), lower_quartile(p50), lower_quartile(p99));
        plain = if plain == 0.0 { rate } else { plain };
        let (share, p50, p99) = (rate / plain, p50 / 1e3, p99 / 1e3);
        println!("| {} | {rate:.0} | {share:.3} | {p50:.1} | {p99:.1} |", contender.name);
    }
    Ok(())
}

fn bytes() -> io::Result<()> {
    println!("\n### Recordings of the same, and processor time of all threads until they are written\n");
    println!(
        "| | events | bytes each | compressed | bytes of each poll or round trip | CPU ns over plain, each event |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (number, count) in [(1, 400_000), (3, 200_000), (4, 20_000)] {
        println!("| **{}** | | | | | |", LOADS[number].name);
        let record = |name: &str| {
            let mut times = Vec::new();
            for _ in 0..3 {
                let mut worker = Worker::start(name, 1, &emptied(name)?)?;
                times.push(worker.ask(&format!("record {number} {count}"))?[0]);
            }
            io::Result::Ok(median(&mut times))
        };
        let plain = record("plain")?;
        for contender in CONTENDERS.iter().filter(|contender| contender.writes) {
            let folder = scratch().join(contender.name);
            let over = record(contender.name)? - plain;
            let found = recordings::read(&folder)?;
            let each = |bytes: u64| bytes as f64 / found.events as f64;
            let (raw, compressed) = (each(found.raw), each(found.compressed));
            let (one, cpu) = (found.raw as f64 / f64::from(count), over / found.events as f64);
            let (name, events) = (contender.name, found.events);
            println!("| {name} | {events} | {raw:.2} | {compressed:.2} | {one:.1} | {cpu:.1} |");
        }
    }
    Ok(())
}

fn memory() -> io::Result<()> {
    println!(
        "\n### Memory of a worker that has polled\n\n| | KiB each | over plain |\n| --- | ---: | ---: |"
    );
    const WORKERS: [usize; 2] = [8, 136];
    let mut plain = None;
    for contender in CONTENDERS {
        let mut sizes = Vec::new();
        for workers in WORKERS {
            let mut each = Vec::new();
            for _ in 0..3 {
                let mut worker = Worker::start(contender.name, workers, &emptied(contender.name)?)?;
                each.push(worker.ask(&format!("memory {workers}"))?[0]);
            }
            sizes.push(median(&mut each));
        }
        let each = (sizes[1] - sizes[0]) / (WORKERS[1] - WORKERS[0]) as f64 / 1024.0;
        let plain = *plain.get_or_insert(each);
        println!("| {} | {each:.1} | {:+.1} |", contender.name, each - plain);
    }
    Ok(())
}

fn killed() -> io::Result<()> {
    println!("\n### Polls that a recording lacks after `kill -9`, two seconds after the start\n");
    println!(
        "| | polls that had ended | recorded | lost | recorded twice |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for contender in CONTENDERS.iter().filter(|contender| contender.writes) {
        let folder = emptied(contender.name)?;
        let worker = Worker::start(contender.name, 1, &folder)?;
        let (process, polled) = worker.kill_after(Duration::from_secs(2))?;
        recordings::recover(process, &folder)?;
        let found = recordings::read(&folder)?;
        let recorded = found.polls - found.twice;
        let lost = polled.saturating_sub(recorded);
        println!("| {} | {polled} | {recorded} | {lost} | {} |", contender.name, found.twice);
    }
    Ok(())
}
