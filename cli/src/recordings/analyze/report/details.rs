//! The tables of tasks, waits, slow spans and time.

use std::fmt::{self, Write};

use super::super::Analysis;
use super::super::findings::requests::explained;
use super::super::series::Part;
use super::{counted, duration, durations, more, table};

/// Time is shown in as many rows at most.
const ROWS: usize = 20;

impl Analysis {
    /// What one should know about the findings, and what was not looked at.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let (count, sum, longest) = self.stalls.summary();
        if count > 0 {
            notes.push(format!(
                "the process did not run for {} in {}, the longest {}: the machine was too busy, or paused; it was taken off what is judged",
                duration(sum),
                counted(count, "stall"),
                duration(longest)
            ));
        }
        if self.repeated > 0 {
            notes.push(format!(
                "{} more than once, as in a file and its copy, and counted as often: `spanwright merge` takes each once",
                match self.repeated {
                    1 => "1 block is there".to_owned(),
                    more => format!("{more} blocks are there"),
                }
            ));
        }
        if self.tasks.unfollowed > 0 {
            notes.push("too many tasks were alive at the same time to follow all of them; leaks and missed wake-ups are not judged".to_owned());
        }
        if self.is_torn {
            let polls = match self.ends.keys().any(|recording| self.blocking.hand_over(*recording)) {
                true => ", nor long polls where threads take each other's place as workers",
                false => "",
            };
            notes.push(format!(
                "blocks are missing: leaks, missed wake-ups and waits for a worker are not judged{polls}"
            ));
        } else if self.ends.keys().any(|recording| !self.gaps.is_whole(*recording)) {
            notes.push("events are missing, which may be the ends of tasks: where they are, leaks and missed wake-ups are not judged".to_owned());
        }
        notes
    }

    pub(super) fn task_table(&self, out: &mut String) -> fmt::Result {
        let mut places: Vec<_> =
            self.tasks.places.iter().filter(|of| of.made + of.before + of.polls.count > 0).collect();
        if places.is_empty() {
            return Ok(());
        }
        places.sort_by_key(|of| std::cmp::Reverse(of.polls.sum));
        let head = [
            "  task",
            "spawned at",
            "made",
            "ended",
            "left",
            "busy",
            "polls",
            "mean",
            "p99",
            "max",
            "waits p99",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for of in places.iter().take(self.top()) {
            let name = if of.name.is_empty() { "?" } else { &of.name };
            let numbers = [of.made, of.ended.iter().sum(), of.alive].map(|count| count.to_string());
            let times = [of.polls.mean(), of.polls.percentile(99), of.polls.max, of.waits.percentile(99)]
                .map(duration);
            let mut row = vec![format!("  {}{name}", self.of(of.recording)), of.place.clone()];
            row.extend(numbers);
            row.extend([duration(of.polls.sum), of.polls.count.to_string()]);
            row.extend(times);
            rows.push(row);
        }
        writeln!(out, "\ntasks by the place that made them, those that were polled longest together first")?;
        out.write_str(&table::lines(&rows, &[0, 1]))?;
        more(out, places.len().saturating_sub(self.top()) as u64)
    }

    pub(super) fn wait_tables(&self, out: &mut String) -> fmt::Result {
        if self.waits.sum.count == 0 {
            return Ok(());
        }
        let head = ["  runtime", "waits", "mean", "p50", "p99", "max"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for of in self.waits.iter() {
            let mut row = vec![format!("  {}{}", self.of(of.recording), of.name)];
            row.extend(durations(&of.all));
            rows.push(row);
        }
        writeln!(out, "\nfrom being woken or made to being polled")?;
        out.write_str(&table::lines(&rows, &[0]))?;
        let mut rows = Vec::new();
        for (length, wait) in self.waits.iter().flat_map(|of| of.worst.iter().take(self.top().min(5))) {
            let place = self.tasks.places.get(wait.place);
            let mut what = format!("task {} {}", wait.task, place.said());
            if wait.asleep > 0 {
                write!(what, ", while {} was parked for {}", wait.sleeper, duration(wait.asleep))?;
            }
            let thread = format!("{}{}", self.of(wait.recording), wait.thread);
            rows.push(vec![format!("  {}", duration(*length)), self.after(wait.from), thread, what]);
        }
        out.write_str(&table::lines(&rows, &[2, 3]))
    }

    pub(super) fn slow_spans(&self, out: &mut String) -> fmt::Result {
        let slowest = self.spans.slowest();
        if slowest.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::new();
        for (name, of, slow) in slowest.iter().take(self.top()) {
            let usual = format!("p50 {}", duration(of.durations.percentile(50)));
            let after = self.after(slow.at);
            let name = format!("{}{name}", self.of(slow.recording));
            rows.push(vec![format!("  {}", duration(slow.duration)), usual, after, name, explained(slow)]);
        }
        writeln!(out, "\nthe slowest span of each name, and where its time went")?;
        out.write_str(&table::lines(&rows, &[1, 3, 4]))?;
        more(out, slowest.len().saturating_sub(self.top()) as u64)
    }

    pub(super) fn over_time(&self, out: &mut String) -> fmt::Result {
        let head = [
            "  from",
            "events",
            "polls",
            "busy",
            "parked",
            "longest wait",
            "long polls",
            "queue",
            "made",
            "ended",
            "spans",
            "errors",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let together = self.series.iter().len().div_ceil(ROWS);
        let all: Vec<(u64, &Part)> = self.series.iter().collect();
        for parts in all.chunks(together) {
            let sum =
                |of: fn(&Part) -> u64| parts.iter().fold(0u64, |sum, (_, part)| sum.saturating_add(of(part)));
            let max = |of: fn(&Part) -> u64| parts.iter().map(|(_, part)| of(part)).max().unwrap_or(0);
            rows.push(vec![
                format!("  {}", self.after(parts[0].0)),
                sum(|part| part.events).to_string(),
                sum(|part| part.polls).to_string(),
                duration(sum(|part| part.busy)),
                duration(sum(|part| part.parked)),
                duration(max(|part| part.longest_wait)),
                sum(|part| part.long_polls).to_string(),
                max(|part| part.depth).to_string(),
                sum(|part| part.made).to_string(),
                sum(|part| part.ended).to_string(),
                sum(|part| part.spans).to_string(),
                sum(|part| part.errors).to_string(),
            ]);
        }
        let width = self.series.parts.width.saturating_mul(together as u64);
        writeln!(out, "\nover time, {} a row", duration(width))?;
        out.write_str(&table::lines(&rows, &[]))
    }
}
