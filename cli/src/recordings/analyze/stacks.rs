//! Where tasks waited, by task dumps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use serde_json::{Value, json};
use spanwright_recording::event::Event;

use super::super::times::duration;
use super::Seen;

/// The most stacks and the most tasks of one that are told apart.
const MOST: usize = 4_096;

/// The stacks in which tasks were seen to wait.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    by_stack: BTreeMap<(u64, Vec<String>), Stuck>,
    others: u64,
}

/// The tasks of one stack.
#[derive(Debug, Default)]
struct Stuck {
    tasks: BTreeSet<u64>,
    /// The one that waited longest, and for how long; zero where that is not known.
    longest: (u64, u64),
    /// What that one is.
    said: String,
}

impl Stacks {
    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let Event::TaskDump(dump) = &seen.record.event else { return };
        let stack = (seen.recording, dump.frames.iter().map(ToString::to_string).collect());
        if self.by_stack.len() == MOST && !self.by_stack.contains_key(&stack) {
            self.others += 1;
            return;
        }
        let stuck = self.by_stack.entry(stack).or_default();
        if stuck.tasks.len() < MOST {
            stuck.tasks.insert(dump.task.get());
        }
        let waited = dump.waited.map_or(0, |waited| waited.0);
        if stuck.longest.0 == 0 || waited > stuck.longest.1 {
            stuck.longest = (dump.task.get(), waited);
            stuck.said = seen.task(dump.task);
        }
    }

    /// Those first in which a task waited longest.
    fn longest_first(&self) -> Vec<(u64, &[String], &Stuck)> {
        let mut all: Vec<_> = self
            .by_stack
            .iter()
            .map(|((recording, frames), stuck)| (*recording, frames.as_slice(), stuck))
            .collect();
        all.sort_by_key(|(.., stuck)| std::cmp::Reverse(stuck.longest.1));
        all
    }

    /// For people: each stack with its innermost frame first. `of` says whose it is.
    pub(crate) fn write(&self, out: &mut String, top: usize, of: impl Fn(u64) -> String) -> fmt::Result {
        let all = self.longest_first();
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nwhere tasks waited, those first that waited longest")?;
        for (recording, frames, Stuck { tasks, longest: (_, waited), said }) in all.iter().take(top) {
            let waited = if *waited == 0 { "an unknown time".to_owned() } else { duration(*waited) };
            write!(out, "  {}{said}, for {waited}", of(*recording))?;
            if tasks.len() > 1 {
                write!(out, ", and {} more", tasks.len() - 1)?;
            }
            writeln!(out)?;
            frames.iter().try_for_each(|frame| writeln!(out, "    {frame}"))?;
        }
        super::report::more(out, all.len().saturating_sub(top) as u64 + self.others)
    }

    pub(crate) fn list(&self, top: usize) -> Value {
        let one = |(recording, frames, stuck): &(u64, &[String], &Stuck)| {
            json!({
                "recording": format!("{recording:016x}"),
                "frames": frames,
                "tasks": stuck.tasks.len(),
                "longest": { "task": stuck.longest.0, "waited": stuck.longest.1 },
            })
        };
        self.longest_first().iter().take(top).map(one).collect()
    }
}
