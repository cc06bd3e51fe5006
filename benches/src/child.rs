//! A process that measures one contender. It does what its parent asks for, line by line, and answers each in one line.

use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::rows;
use crate::setup::{self, Setup};
use crate::{allocations, cpu, volume};

/// How long spans are produced where that is measured as a whole.
const LONG: Duration = Duration::from_millis(400);
/// Where the background is measured, so many spans are produced each time, once in so long.
const PACE: (u64, Duration) = (1_000, Duration::from_millis(10));

/// Installs `name`, and works until nothing is asked any more.
pub fn work(name: &str, receiver: &str) -> io::Result<()> {
    let setup = setup::install(name, receiver);
    let mut pair = None;
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (verb, n, subject) = (word(), word().parse().map_err(io::Error::other)?, word());
        let answer = match verb {
            "time" => time(&setup, subject, n).to_string(),
            "settle" => settle(&setup).to_string(),
            "allocations" => allocations(&setup, subject, n).to_string(),
            "threads" => pair.get_or_insert_with(|| Pair::new(&setup)).time(subject, n).to_string(),
            "saturate" => saturate(&setup, subject, n),
            "background" => background(&setup, subject),
            "scrape" => volume::scrape(subject, n),
            "growth" => volume::growth(subject, &rows::SIZES),
            other => panic!("nobody can `{other}`"),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// Nanoseconds of `n` calls, after some that warm up.
fn time(setup: &Setup, subject: &str, n: u64) -> u64 {
    (setup.run)(subject, n / 4);
    let start = Instant::now();
    (setup.run)(subject, n);
    start.elapsed().as_nanos() as u64
}

/// Waits until all is exported; how many spans that are by now.
fn settle(setup: &Setup) -> u64 {
    (setup.settle)();
    setup::exported()
}

fn allocations(setup: &Setup, subject: &str, n: u64) -> u64 {
    let before = allocations::of_this_thread();
    (setup.run)(subject, n);
    allocations::of_this_thread() - before
}

/// Batches of `n` calls with no pause: the median of a call's nanoseconds, and how many spans were made and exported.
fn saturate(setup: &Setup, subject: &str, n: u64) -> String {
    let before = settle(setup);
    let start = Instant::now();
    let (mut times, mut made) = (Vec::new(), 0);
    while start.elapsed() < LONG {
        let start = Instant::now();
        made += (setup.run)(subject, n);
        times.push(start.elapsed().as_nanos() as f64 / n as f64);
    }
    times.sort_by(f64::total_cmp);
    format!("{} {made} {}", times[times.len() / 2], settle(setup) - before)
}

/// Spans at a steady pace: the nanoseconds of CPU that each that was exported takes off the producing thread, how many
/// were made and exported, and the nanoseconds by thread.
fn background(setup: &Setup, subject: &str) -> String {
    (setup.run)(subject, PACE.0);
    let before = settle(setup);
    let (process, thread, threads) = (cpu::of_process(), cpu::of_this_thread(), cpu::by_thread());
    let (start, mut made) = (Instant::now(), 0);
    for round in 1_u32.. {
        made += (setup.run)(subject, PACE.0);
        let next = PACE.1 * round;
        std::thread::sleep(next.saturating_sub(start.elapsed()));
        if next >= LONG * 5 {
            break;
        }
    }
    let exported = settle(setup) - before;
    let each = |nanos: u64| nanos as f64 / exported as f64;
    let others = (cpu::of_process() - process) - (cpu::of_this_thread() - thread);
    let mut answer = format!("{} {made} {exported}", each(others));
    let own = std::fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
    for (name, after) in cpu::by_thread() {
        let nanos = each(after - threads.get(&name).copied().unwrap_or(0));
        if name != own.trim() && nanos >= 1.0 {
            answer += &format!(" {name}={nanos:.0}");
        }
    }
    answer
}

/// This thread and another, each on a processor of its own, which start at the same moment.
struct Pair {
    run: fn(&str, u64) -> u64,
    jobs: mpsc::Sender<(String, u64, usize)>,
    times: mpsc::Receiver<Span>,
    /// How many have ever arrived at the start, once both have run.
    arrived: usize,
}

/// From when to when a thread ran.
type Span = (Instant, Instant);

/// How many have arrived at the start.
static ARRIVED: AtomicUsize = AtomicUsize::new(0);

impl Pair {
    fn new(setup: &Setup) -> Self {
        let (jobs, received) = mpsc::channel::<(String, u64, usize)>();
        let (answers, times) = mpsc::channel();
        let run = setup.run;
        let processors = cpu::processors();
        let processor = |at: usize| processors.get(at % processors.len().max(1)).copied();
        let other = processor(1);
        processor(0).into_iter().for_each(cpu::pin);
        std::thread::spawn(move || {
            other.into_iter().for_each(cpu::pin);
            for (subject, n, target) in received {
                if answers.send(time_together(run, &subject, n, target)).is_err() {
                    return;
                }
            }
        });
        Self { run, jobs, times, arrived: 0 }
    }

    /// Nanoseconds of `n` calls, the mean of both threads; zero where the machine was so busy that they ran one after
    /// the other.
    fn time(&mut self, subject: &str, n: u64) -> u64 {
        self.arrived += 2;
        self.jobs.send((subject.to_owned(), n, self.arrived)).expect("the other thread runs");
        let own = time_together(self.run, subject, n, self.arrived);
        let other = self.times.recv().expect("the other thread runs");
        let (one, two) = (own.1 - own.0, other.1 - other.0);
        let common = own.1.min(other.1).saturating_duration_since(own.0.max(other.0));
        if common > one.max(two).mul_f64(0.8) { (one + two).as_nanos() as u64 / 2 } else { 0 }
    }
}

fn time_together(run: fn(&str, u64) -> u64, subject: &str, n: u64, target: usize) -> Span {
    run(subject, n / 4);
    ARRIVED.fetch_add(1, Ordering::SeqCst);
    while ARRIVED.load(Ordering::SeqCst) < target {
        std::hint::spin_loop();
    }
    let start = Instant::now();
    run(subject, n);
    (start, Instant::now())
}
