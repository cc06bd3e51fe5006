//! A child process, as its parent sees it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A child process that measures.
pub struct Worker {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Worker {
    pub fn start(contender: &str, workers: usize, folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--child", contender, &workers.to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let from = from.ok_or_else(|| io::Error::other("no pipe"))?;
        Ok(Self { child, to, from: BufReader::new(from) })
    }

    /// Has it do something: what it answers.
    pub fn ask(&mut self, what: &str) -> io::Result<Vec<f64>> {
        self.say(what)?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::Error::other("the child has ended"));
        }
        line.split_whitespace().map(|word| word.parse().map_err(io::Error::other)).collect()
    }

    fn say(&mut self, what: &str) -> io::Result<()> {
        let to = self.to.as_mut().ok_or_else(|| io::Error::other("it has ended"))?;
        writeln!(to, "{what}")
    }

    /// Has it number its polls, and kills it: the process, and how many polls had ended for certain.
    pub fn kill_after(mut self, time: Duration) -> io::Result<(u32, u64)> {
        self.say("numbers")?;
        let process = self.child.id();
        let Self { ref mut child, ref mut from, .. } = self;
        let polled = std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let (mut last, mut number) = (0, [0; 8]);
                while from.read_exact(&mut number).is_ok() {
                    last = u64::from_le_bytes(number);
                }
                last
            });
            std::thread::sleep(time);
            child.kill().and_then(|()| child.wait())?;
            reading.join().map_err(|_| io::Error::other("who reads has panicked"))
        })?;
        Ok((process, polled))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends in order: what a killed one leaves, the next one would adopt.
        self.to = None;
        let _ = self.child.wait();
    }
}
