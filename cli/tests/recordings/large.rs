//! An analysis of as many events as a busy service makes in a quarter of an hour: in bounded memory, and in time that grows as they do.
//!
//! ```text
//! cargo test --release -p spanwright-cli --test recordings large -- --ignored --nocapture
//! ```
//! `SPANWRIGHT_LARGE_EVENTS` is how many instead of 50 million.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::busy::record;
use super::folder;

const MEMORY: u64 = 1 << 30;

/// What the system says of a process: its memory at most in bytes, and how long processors worked for it.
fn usage(process: u32) -> Option<(u64, Duration)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The 14th and 15th fields, in hundredths of a second; the second one is in brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((kibibytes << 10, Duration::from_millis((ticks()? + ticks()?) * 10)))
}

/// How long an analysis takes, how long processors work for it, and how much memory it needs at most.
fn measure(path: &Path) -> (Duration, Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spanwright"))
        .args(["analyze", "--json"])
        .arg(path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (mut peak, mut worked) = (0, Duration::ZERO);
    let status = loop {
        if let Some((memory, work)) = usage(child.id()) {
            (peak, worked) = (memory.max(peak), work.max(worked));
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
    (start.elapsed(), worked, peak)
}

#[test]
#[ignore = "takes minutes, and is a measurement in release mode"]
fn fifty_million_events_need_bounded_memory() {
    let wanted = std::env::var("SPANWRIGHT_LARGE_EVENTS").ok();
    let events = wanted.map_or(50_000_000, |count| count.parse().expect("a number of events"));
    let folder = folder("large");
    let mut out = std::io::stdout().lock();
    for events in [events / 10, events] {
        let path = folder.join(format!("{events}.spwr"));
        record(&path, events);
        let bytes = std::fs::metadata(&path).unwrap().len();
        let (took, worked, peak) = measure(&path);
        let rate = events as f64 / worked.as_secs_f64() / 1e6;
        writeln!(
            out,
            "{events} events, {bytes} bytes: {took:.2?}, {worked:.2?} of a processor, {rate:.2} million a second of that, {} MiB",
            peak >> 20
        )
        .unwrap();
        assert!(peak < MEMORY, "{peak} bytes of memory");
        std::fs::remove_file(path).unwrap();
    }
}
