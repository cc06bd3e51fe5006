//! A process that is recorded: what it is told on its standard input it does, and says what that took.

use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{self, BufRead, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::contenders::{CONTENDERS, Place, Recorded};
use crate::loads::{self, FLOORS, LOADS};
use crate::requests;

/// Before each batch, so that what the one before has recorded is written by then.
const PAUSE: Duration = Duration::from_millis(12);

/// Does what it is told, until nobody says anything any more.
pub fn serve(contender: &str, workers: usize, folder: &Path) -> io::Result<()> {
    let contender = CONTENDERS.iter().find(|known| known.name == contender);
    let start = contender.ok_or_else(|| io::Error::other("nobody has this name"))?.start;
    let mut recorded = Some(start(&Place { workers, folder }));
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = obey(&words, &mut recorded)?;
        let answer: Vec<String> = answer.iter().map(f64::to_string).collect();
        writeln!(out, "{}", answer.join(" "))?;
    }
    if let Some(recorded) = recorded {
        recorded.end();
    }
    Ok(())
}

fn obey(words: &[&str], recorded: &mut Option<Recorded>) -> io::Result<Vec<f64>> {
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<usize>().ok()).unwrap_or_default();
    let ended = || io::Error::other("it has ended");
    let runtime = recorded.as_ref().ok_or_else(ended)?;
    Ok(match words[0] {
        // Nanoseconds of a batch.
        "load" => {
            let load = &LOADS[number(1)];
            vec![after_a_pause(|| (load.run)(runtime, load.count))]
        }
        "floor" => vec![after_a_pause(|| (FLOORS[number(1)].run)(number(2) as u64))],
        "requests" => requests::measure(runtime)?.to_vec(),
        // Nanoseconds of processor time of all threads until everything is written.
        "record" => {
            let (load, count) = (&LOADS[number(1)], number(2) as u64);
            let before = cpu();
            (load.run)(runtime, count);
            recorded.take().ok_or_else(ended)?.end();
            vec![cpu() - before]
        }
        // So many of it for who counts instructions or system calls.
        "run" => {
            (LOADS[number(1)].run)(runtime, number(2) as u64);
            Vec::new()
        }
        // Bytes in memory once each worker has polled something.
        "memory" => {
            occupy(runtime, number(1));
            vec![resident()?]
        }
        "numbers" => number_polls(runtime),
        _ => return Err(io::Error::other("nobody knows this word")),
    })
}

fn after_a_pause(work: impl FnOnce()) -> f64 {
    std::thread::sleep(PAUSE);
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64
}

/// Processor time of this process, in nanoseconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Has each worker poll tasks: each waits until all are polled at the same time.
fn occupy(recorded: &Recorded, workers: usize) {
    let all = std::sync::Arc::new(std::sync::Barrier::new(workers));
    let spawn = recorded.spawner();
    recorded.runtime.block_on(async {
        let tasks: Vec<_> = (0..workers)
            .map(|_| {
                let all = std::sync::Arc::clone(&all);
                spawn(async move {
                    all.wait();
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("it ends");
        }
    });
    loads::polls(recorded, 1_000, 0);
}

/// Bytes of this process that are in memory, the shared ones included.
fn resident() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.map(|number| number * 1024.0).ok_or_else(|| io::Error::other("no resident size"))
}

/// Tells the number of each poll from within, 8 bytes each, until this process is killed.
fn number_polls(recorded: &Recorded) -> ! {
    let mut out = File::from(io::stdout().as_fd().try_clone_to_owned().expect("a pipe"));
    let mut number = 0_u64;
    let spawn = recorded.spawner();
    recorded.runtime.block_on(async move {
        let task = spawn(poll_fn(move |context| {
            out.write_all(&number.to_le_bytes()).expect("somebody reads");
            number += 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        task.await.expect("it goes on");
    });
    unreachable!("it goes on until it is killed")
}
