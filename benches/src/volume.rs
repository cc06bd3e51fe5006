//! Many series: what it takes to make them, to find them, to keep them, and to write them all as text.

use std::time::{Duration, Instant};

use spanwright_benches::metrics::{Family, contender, customer, random};

use crate::allocations;

/// How long a scrape is repeated for its median, at most so often.
const REPEATED: (Duration, usize) = (Duration::from_millis(1_500), 51);
/// How often a series that is known is recorded into.
const RECORDED: u64 = 200_000;

/// So many series of a family of a contender (`prometheus counter`): the milliseconds and the peak of bytes of a scrape, and
/// the lines and bytes of its text.
pub fn scrape(contender_and_kind: &str, series: u64) -> String {
    let family = family(contender_and_kind);
    for number in 0..series {
        (family.record)(&customer(number));
    }
    let (text, peak) = allocations::peak(&family.scrape);
    let (lines, bytes) = (text.split(|byte| *byte == b'\n').count() - 1, text.len());
    drop(text);
    format!("{} {peak} {lines} {bytes}", millis(&family))
}

/// A family that grows to each of these sizes: the nanoseconds for a new series and for one that is known, the bytes that a
/// series takes, the milliseconds of a scrape; for one size after the other.
pub fn growth(contender_and_kind: &str, sizes: &[u64]) -> String {
    let largest = sizes.last().copied().unwrap_or(0);
    let names: Vec<String> = (0..largest).map(customer).collect();
    let mut known = 0;
    let mut answer = String::new();
    let before = allocations::bytes();
    let family = family(contender_and_kind);
    let mut state = 1;
    for size in sizes {
        let start = Instant::now();
        for name in &names[known..*size as usize] {
            (family.record)(name);
        }
        let new = start.elapsed().as_nanos() as f64 / (*size as f64 - known as f64);
        known = *size as usize;
        let bytes = (allocations::bytes() - before) as f64 / *size as f64;
        let start = Instant::now();
        for _ in 0..RECORDED {
            (family.record)(&names[random(&mut state) as usize % known]);
        }
        let again = start.elapsed().as_nanos() as f64 / RECORDED as f64;
        answer += &format!("{new} {again} {bytes} {} ", millis(&family));
    }
    answer
}

fn family(contender_and_kind: &str) -> Family {
    let (name, kind) = contender_and_kind.split_once(' ').unwrap_or((contender_and_kind, ""));
    (contender(name).family)(kind)
}

/// The median of several scrapes.
fn millis(family: &Family) -> f64 {
    let all = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || (all.elapsed() < REPEATED.0 && times.len() < REPEATED.1) {
        let start = Instant::now();
        let text = (family.scrape)();
        times.push(start.elapsed());
        drop(text);
    }
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
