//! What a recording shows, for people.

use std::fmt::{self, Display, Formatter, Write};

use super::super::table;
use super::super::times::{bytes, date, duration};
use super::Analysis;
use super::findings::Severity;
use super::histogram::Histogram;

mod details;

impl Display for Analysis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.head(&mut out)?;
        self.finding_list(&mut out)?;
        self.kind_table(&mut out)?;
        self.worker_table(&mut out)?;
        self.task_table(&mut out)?;
        self.wait_tables(&mut out)?;
        self.long_polls(&mut out)?;
        self.idle_workers(&mut out)?;
        self.blocking_pool(&mut out)?;
        self.span_table(&mut out)?;
        self.slow_spans(&mut out)?;
        self.stacks.write(&mut out, self.top(), |recording| self.of(recording))?;
        self.over_time(&mut out)?;
        self.notable_events(&mut out)?;
        self.missing(&mut out)?;
        f.write_str(&without_controls(&out))
    }
}

/// Names are others' making: no escape sequences.
pub(crate) fn without_controls(text: &str) -> String {
    text.chars()
        .map(|letter| if letter != '\n' && letter.is_control() { '\u{fffd}' } else { letter })
        .collect()
}

impl Analysis {
    fn head(&self, out: &mut String) -> fmt::Result {
        for (recording, whose) in &self.processes {
            writeln!(out, "{} (recording {recording:016x})", whose.said)?;
        }
        let span = duration(self.time());
        writeln!(out, "{span} from {} to {}", date(self.first), date(self.last))?;
        writeln!(out, "{} events in {} blocks, {}", self.events, self.blocks, bytes(self.bytes))
    }

    fn kind_table(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\nevents by kind")?;
        let rows: Vec<_> =
            self.kinds.iter().map(|(kind, count)| vec![format!("  {kind}"), count.to_string()]).collect();
        out.write_str(&table::lines(&rows, &[0]))
    }

    fn finding_list(&self, out: &mut String) -> fmt::Result {
        if self.findings.is_empty() {
            writeln!(out, "\nfindings: none")?;
        } else {
            let count =
                |severity| self.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
            let counts =
                [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "hint")]
                    .map(|(severity, what)| (count(severity), what));
            let said: Vec<_> = counts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| counted(*count, what))
                .collect();
            writeln!(out, "\nfindings: {}", said.join(", "))?;
        }
        for finding in &self.findings {
            let place = if finding.place.is_empty() { "" } else { " at " };
            writeln!(out, "  {}: {}: {}", finding.severity.name(), finding.rule.id, finding.rule.title)?;
            writeln!(
                out,
                "    {}{}{place}{}, {}",
                self.of(finding.recording),
                finding.subject,
                finding.place,
                self.after(finding.at)
            )?;
            writeln!(out, "    {}", finding.said)?;
            writeln!(out, "    try: {}", finding.rule.remedy)?;
        }
        self.notes().iter().try_for_each(|note| writeln!(out, "  note: {note}"))
    }

    fn worker_table(&self, out: &mut String) -> fmt::Result {
        let head = ["  worker", "runtime", "busy", "parked", "polls", "mean", "p50", "p99", "max", "parks"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for ((recording, _), worker) in self.workers.iter() {
            let share = |time: u64| format!("{:.1} %", 100.0 * time as f64 / worker.seen().max(1) as f64);
            let mut row = vec![format!("  {}{}", self.of(*recording), worker.name)];
            row.push(worker.place());
            row.extend([share(worker.polls.sum), share(worker.parked)]);
            row.extend(durations(&worker.polls));
            row.push(worker.parks.to_string());
            rows.push(row);
        }
        if rows.len() > 1 {
            writeln!(out, "\nworkers: how long they were polling tasks and parked, and their polls")?;
            out.write_str(&table::lines(&rows, &[0, 1]))?;
        }
        Ok(())
    }

    fn long_polls(&self, out: &mut String) -> fmt::Result {
        let long = &self.blocking.longest;
        let bound = duration(self.bounds.long.0);
        if long.count == 0 {
            return writeln!(out, "\nlong polls: none of {bound} or more");
        }
        writeln!(out, "\nlong polls: {} of {bound} or more, {} together", long.count, duration(long.sum))?;
        let mut rows = Vec::new();
        for (length, poll) in long.iter() {
            let name = if poll.name.is_empty() { "?" } else { &poll.name };
            let mut what = format!("task {} {name}", poll.task);
            if !poll.place.is_empty() {
                write!(what, " spawned at {}", poll.place)?;
            }
            if let Some((span, place)) = &poll.span {
                write!(what, ", in {span}")?;
                if !place.is_empty() {
                    write!(what, " at {place}")?;
                }
            }
            if poll.open {
                what.push_str(", which went on when the process died");
            }
            if poll.stalled > 0 {
                write!(what, "; {} of it the process did not run", duration(poll.stalled))?;
            }
            if poll.handed_over {
                what.push_str("; another thread went on as its worker");
            }
            rows.push(vec![
                format!("  {}", duration(*length)),
                self.after(poll.at),
                format!("{}{}", self.of(poll.recording), poll.thread),
                what,
            ]);
        }
        out.write_str(&table::lines(&rows, &[2, 3]))?;
        more(out, long.more())
    }

    fn idle_workers(&self, out: &mut String) -> fmt::Result {
        let idle = &self.idle.found;
        let bound = duration(self.bounds.idle.0);
        if idle.count == 0 {
            return writeln!(out, "\nidle workers while tasks waited: none for {bound} or more");
        }
        let sum = duration(idle.sum);
        writeln!(
            out,
            "\nidle workers while tasks waited: {} for {bound} or more, {sum} together",
            counted(idle.count, "time")
        )?;
        let mut rows = Vec::new();
        for (length, one) in idle.iter() {
            let depth = format!("{} waited", one.depth);
            rows.push(vec![
                format!("  {}", duration(*length)),
                self.after(one.at),
                format!("{}{}", self.of(one.recording), one.thread),
                depth,
            ]);
        }
        out.write_str(&table::lines(&rows, &[2, 3]))?;
        more(out, idle.more())
    }

    fn blocking_pool(&self, out: &mut String) -> fmt::Result {
        let queues = &self.queues;
        if queues.ran.count == 0 {
            return Ok(());
        }
        let head = ["  blocking pool", "count", "mean", "p50", "p99", "max"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (name, times) in [("  queued", &queues.queued), ("  ran", &queues.ran)] {
            rows.push(std::iter::once(name.to_owned()).chain(durations(times)).collect());
        }
        write!(out, "\n{}", table::lines(&rows, &[0]))
    }

    fn span_table(&self, out: &mut String) -> fmt::Result {
        let all = self.spans.longest_first();
        if all.is_empty() {
            return Ok(());
        }
        let head = ["  span", "count", "mean", "p50", "p99", "max", "errors", "cancelled"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (name, of) in all.iter().take(self.top()) {
            let mut row = vec![format!("  {name}")];
            row.extend(durations(&of.durations));
            row.extend([of.errors.to_string(), of.cancelled.to_string()]);
            rows.push(row);
        }
        writeln!(out, "\nspans by name, those that took longest together first")?;
        out.write_str(&table::lines(&rows, &[0]))?;
        more(out, all.len().saturating_sub(self.top()) as u64)
    }

    fn notable_events(&self, out: &mut String) -> fmt::Result {
        if self.notable.is_empty() && self.more_notable == 0 {
            return Ok(());
        }
        writeln!(out, "\ntriggers, and what was open when the process died")?;
        self.notable.iter().try_for_each(|one| writeln!(out, "  {one}"))?;
        more(out, self.more_notable)
    }

    fn missing(&self, out: &mut String) -> fmt::Result {
        if self.gaps.reasons.is_empty() && self.problems == 0 {
            return writeln!(out, "\nmissing: nothing");
        }
        writeln!(out, "\nmissing")?;
        for (why, gaps) in &self.gaps.reasons {
            writeln!(out, "  {} in {}: {why}", counted(gaps.lost, "event"), counted(gaps.count, "gap"))?;
        }
        for (lost, (at, why)) in self.gaps.largest.iter() {
            writeln!(out, "    {} {}: {why}", self.after(*at), counted(*lost, "event"))?;
        }
        if self.problems > 0 {
            let problems = counted(self.problems, "problem");
            writeln!(out, "  {} at least, by {problems} of the files", counted(self.damaged, "event"))?;
        }
        Ok(())
    }

    /// Threads of several processes have the same names.
    pub(crate) fn of(&self, recording: u64) -> String {
        match self.processes.get(&recording) {
            _ if !self.several => String::new(),
            // Tasks of which nothing is known are of all.
            None if !self.ends.contains_key(&recording) => String::new(),
            Some(whose) => format!("[{}] ", whose.pid),
            None => format!("[{recording:016x}] "),
        }
    }

    /// How long after the beginning.
    pub(crate) fn after(&self, at: u64) -> String {
        format!("+{:.6}s", at.saturating_sub(self.first) as f64 / 1e9)
    }
}

/// Their count, mean and quantiles.
fn durations(times: &Histogram) -> Vec<String> {
    let values = [times.mean(), times.percentile(50), times.percentile(99), times.max];
    std::iter::once(times.count.to_string()).chain(values.map(duration)).collect()
}

fn counted(count: u64, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

pub(super) fn more(out: &mut String, count: u64) -> fmt::Result {
    if count > 0 { writeln!(out, "  and {count} more") } else { Ok(()) }
}
