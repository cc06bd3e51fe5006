//! Medians of many batches, with the contenders taking turns, so that a noisy neighbour hits all of them alike.

use std::time::Instant;

/// One thing to measure: a name, and what runs `n` times.
pub struct Contender {
    pub name: &'static str,
    pub run: Box<dyn FnMut(u64)>,
}

/// A contender that calls `body` in a loop.
pub fn contender(name: &'static str, mut body: impl FnMut() + 'static) -> Contender {
    Contender { name, run: Box::new(move |n| (0..n).for_each(|_| body())) }
}

const BATCHES: usize = 301;
const BATCH_NANOS: u64 = 400_000;

/// Nanoseconds per call of each contender, over those of the first, which is the uninstrumented one.
pub fn measure(title: &str, mut contenders: Vec<Contender>) {
    let sizes: Vec<u64> = contenders.iter_mut().map(batch_size).collect();
    let mut times = vec![Vec::with_capacity(BATCHES); contenders.len()];
    for _ in 0..BATCHES {
        for ((contender, size), times) in contenders.iter_mut().zip(&sizes).zip(&mut times) {
            let start = Instant::now();
            (contender.run)(*size);
            times.push(start.elapsed().as_nanos() as f64 / *size as f64);
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    println!("\n### {title}\n");
    println!("| | ns a call | over plain |\n| --- | ---: | ---: |");
    for (contender, median) in contenders.iter().zip(&medians) {
        println!("| {} | {median:.2} | {:+.2} |", contender.name, median - medians[0]);
    }
}

fn batch_size(contender: &mut Contender) -> u64 {
    let mut size = 64;
    loop {
        let start = Instant::now();
        (contender.run)(size);
        let nanos = start.elapsed().as_nanos() as u64;
        if nanos >= BATCH_NANOS / 2 {
            return size;
        }
        size *= 2;
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
