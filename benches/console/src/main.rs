//! What the live console costs the functions that it shows: calls of annotated functions, while nobody looks, and while somebody does.
//!
//! `count SUBJECT TIMES` calls one and is counted by `instructions.sh`; `time` prints how long calls take.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use spanwright::{Guard, Telemetry, instrument};

#[instrument(record(n))]
#[inline(never)]
fn span(n: u64) -> u64 {
    black_box(n)
}

#[instrument(metrics)]
#[inline(never)]
fn metrics(n: u64) -> u64 {
    black_box(n)
}

#[instrument(record(n), metrics)]
#[inline(never)]
fn both(n: u64) -> u64 {
    child(n)
}

#[instrument]
#[inline(never)]
fn child(n: u64) -> u64 {
    black_box(n)
}

#[instrument]
#[inline(never)]
fn event(n: u64) -> u64 {
    tracing::info!(n, "an event");
    black_box(n)
}

type Subject = (&'static str, fn(u64) -> u64);

const SUBJECTS: [Subject; 4] = [("span", span), ("metrics", metrics), ("both", both), ("event", event)];

fn telemetry() -> Guard {
    let builder = Telemetry::builder().metrics_addr(([127, 0, 0, 1], 0)).with_subscriber(true);
    builder.install().expect("the telemetry is installed")
}

/// Looks at the console until it is told to stop; how many bytes came.
fn look(address: SocketAddr, stop: Arc<AtomicBool>) -> thread::JoinHandle<u64> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /console/stream HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut body = BufReader::new(stream);
    let mut line = String::new();
    // From the first event on it is open.
    while !line.starts_with("event: ") {
        line.clear();
        assert_ne!(body.read_line(&mut line).expect("it answers"), 0, "there is no console");
    }
    thread::spawn(move || {
        let mut bytes = 0;
        while !stop.load(Ordering::Relaxed) {
            line.clear();
            bytes += body.read_line(&mut line).unwrap_or_default() as u64;
        }
        bytes
    })
}

/// Nanoseconds of a call, on one thread that calls in rounds with pauses, as services do: 20,000 calls of each 100 ms.
fn nanos(subject: fn(u64) -> u64, time: Duration) -> f64 {
    const CALLS: u64 = 20_000;
    let (began, mut busy, mut calls) = (Instant::now(), Duration::ZERO, 0);
    while began.elapsed() < time {
        let round = Instant::now();
        for n in 0..CALLS {
            black_box(subject(n));
        }
        busy += round.elapsed();
        calls += CALLS;
        thread::sleep(Duration::from_millis(100).saturating_sub(round.elapsed()));
    }
    busy.as_nanos() as f64 / calls as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn time() {
    let guard = telemetry();
    let address = guard.metrics_addr().expect("it serves");
    println!("| a call of | closed, ns | open, ns | sent, KiB/s |\n| --- | ---: | ---: | ---: |");
    for (name, subject) in SUBJECTS {
        let (mut closed, mut open) = (Vec::new(), Vec::new());
        let sent = AtomicU64::new(0);
        for _ in 0..3 {
            closed.push(nanos(subject, Duration::from_secs(3)));
            if cfg!(feature = "console") {
                let stop = Arc::new(AtomicBool::new(false));
                let looking = look(address, Arc::clone(&stop));
                open.push(nanos(subject, Duration::from_secs(3)));
                stop.store(true, Ordering::Relaxed);
                sent.fetch_add(looking.join().expect("it reads"), Ordering::Relaxed);
                // Until it is off again.
                thread::sleep(Duration::from_secs(8));
            }
        }
        let kib = sent.load(Ordering::Relaxed) as f64 / 9.0 / 1024.0;
        println!("| {name} | {:.0} | {:.0} | {kib:.0} |", median(closed), median(open));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["time"] => time(),
        ["count", name, times] => {
            let _guard = telemetry();
            let (_, subject) = SUBJECTS.iter().find(|(its, _)| its == name).expect("a subject");
            count(*subject, times.parse().expect("a number"));
        }
        _ => panic!("usage: time, or: count SUBJECT TIMES"),
    }
}

/// What is counted.
#[inline(never)]
fn count(subject: fn(u64) -> u64, times: u64) {
    for n in 0..times {
        black_box(subject(n));
    }
}
