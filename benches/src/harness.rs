//! Children that measure, and the medians of what they say. They take turns, so that a noisy neighbour hits all alike.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// How many batches the median is of.
const ROUNDS: usize = 251;
/// How long a batch takes at least, where spans need not be waited for.
const BATCH_NANOS: u64 = 200_000;

/// One line of a table.
#[derive(Clone, Copy)]
pub struct Contender {
    pub label: &'static str,
    /// What is installed.
    pub setup: &'static str,
    pub subject: &'static str,
}

/// How often a batch calls.
#[derive(Clone, Copy)]
pub enum Batches {
    /// As often as takes long enough.
    Timed,
    /// So often, and then all spans are exported, outside of the time.
    Settled(u64),
}

/// A child process; it ends when this is dropped.
pub struct Worker {
    child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts this program again, with these arguments.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        // What is dropped is said in the tables.
        let stderr =
            if std::env::var_os("BENCH_STDERR").is_some() { Stdio::inherit() } else { Stdio::null() };
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (Some(to), Some(from)) = (to, from) else { return Err(io::Error::other("no pipes")) };
        Ok(Self { child, to, from: BufReader::new(from).lines() })
    }

    /// Asks one thing.
    pub fn ask(&mut self, verb: &str, n: u64, subject: &str) -> io::Result<String> {
        writeln!(self.to, "{verb} {n} {subject}")?;
        self.line().map_err(|error| io::Error::other(format!("{subject}: {error}")))
    }

    /// The next line that it says.
    pub fn line(&mut self) -> io::Result<String> {
        self.from
            .next()
            .unwrap_or_else(|| Err(io::Error::other("the child ended; set BENCH_STDERR to see why")))
    }

    fn number(&mut self, verb: &str, n: u64, subject: &str) -> io::Result<u64> {
        self.ask(verb, n, subject)?.parse().map_err(io::Error::other)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts what a contender needs.
pub fn worker(setup: &str, receiver: &str) -> io::Result<Worker> {
    Worker::start(&["--child", setup, receiver])
}

/// Nanoseconds a call of each contender, asked for by `verb`: the median of many batches.
pub fn medians(verb: &str, batches: Batches, contenders: &[Contender]) -> io::Result<Vec<f64>> {
    let mut workers = BTreeMap::new();
    let mut sizes = Vec::new();
    for contender in contenders {
        if !workers.contains_key(contender.setup) {
            workers.insert(contender.setup, worker(contender.setup, "")?);
        }
        let worker = workers.get_mut(contender.setup).expect("just started");
        sizes.push(match batches {
            Batches::Timed => batch_size(worker, contender.subject)?,
            Batches::Settled(n) => n,
        });
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((contender, size), times) in contenders.iter().zip(&sizes).zip(&mut times) {
            let worker = workers.get_mut(contender.setup).expect("all are started");
            // Zero is no time.
            let nanos = worker.number(verb, *size, contender.subject)?;
            times.extend((nanos > 0).then_some(nanos as f64 / *size as f64));
            if matches!(batches, Batches::Settled(_)) {
                worker.ask("settle", 0, "")?;
            }
        }
    }
    Ok(times.iter_mut().map(|times| median(times)).collect())
}

fn batch_size(worker: &mut Worker, subject: &str) -> io::Result<u64> {
    let mut size = 64;
    while worker.number("time", size, subject)? < BATCH_NANOS {
        size *= 2;
    }
    Ok(size)
}

/// Not a number where there is none.
fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
