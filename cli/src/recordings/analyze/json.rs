//! What a recording shows, for machines: times and durations are nanoseconds. `docs/recordings.md` describes it; fields are added, and
//! neither changed nor removed without another `version`.

use serde_json::{Map, Value, json};
use spanwright_recording::Reader;

use super::super::problems;
use super::Analysis;
use super::compare::{Change, Comparison};
use super::findings::{Finding, Number};
use super::histogram::Histogram;
use super::spans::Slow;
use super::waits::Wait;

/// It is raised where something is changed or removed.
const VERSION: u32 = 1;

impl Analysis {
    /// All of it, as one object.
    pub(crate) fn json(&self, reader: &Reader, comparison: Option<&Comparison>) -> String {
        let mut all = json!({
            "version": VERSION,
            "first": self.first,
            "last": self.last,
            "bytes": self.bytes,
            "blocks": self.blocks,
            "events": self.events,
            "kinds": self.kinds,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "notes": self.notes(),
            "processes": self.process_list(),
            "workers": self.worker_list(),
            "tasks": self.task_list(),
            "waits": self.wait_list(),
            "long_polls": self.long_list(),
            "idle_workers": self.idle_list(),
            "queues": self.queue_list(),
            "blocking": { "ran": times(&self.queues.ran), "queued": times(&self.queues.queued) },
            "spans": self.span_list(),
            "waiting": self.waiting_list(),
            "stacks": self.stacks.list(self.top()),
            "over_time": self.series_list(),
            "notable": { "list": self.notable_list(), "more": self.more_notable },
            "gaps": self.gap_list(),
            "problems": problems::json(reader),
        });
        if let (Some(comparison), Some(all)) = (comparison, all.as_object_mut()) {
            all.insert("comparison".to_owned(), compared(comparison));
        }
        format!("{all:#}\n")
    }

    fn task_list(&self) -> Value {
        let one = |of: &super::places::OfPlace| {
            let [completed, cancelled, panicked, unknown] = of.ended;
            json!({
                "recording": id(of.recording),
                "name": of.name,
                "place": of.place,
                "made": of.made,
                "before": of.before,
                "ended": { "completed": completed, "cancelled": cancelled, "panicked": panicked, "unknown": unknown },
                "alive": of.alive,
                "silent": of.quiet,
                "polls": times(&of.polls),
                "waits": times(&of.waits),
                "long": of.long,
            })
        };
        self.tasks.places.iter().filter(|of| of.made + of.before + of.polls.count > 0).map(one).collect()
    }

    fn wait_list(&self) -> Value {
        let place = |wait: &Wait| {
            let of = self.tasks.places.get(wait.place);
            json!({
                "at": wait.from,
                "duration": wait.to.saturating_sub(wait.from),
                "stalled": wait.stalled,
                "asleep": wait.asleep,
                "task": wait.task,
                "name": of.name,
                "place": of.place,
                "thread": wait.thread,
            })
        };
        let one = |of: &super::waits::OfRuntime| {
            json!({
                "recording": id(of.recording),
                "runtime": of.name,
                "durations": times(&of.all),
                "longest": of.worst.iter().map(|(_, wait)| place(wait)).collect::<Vec<_>>(),
                "while_a_worker_slept": of.slept.iter().map(|(_, wait)| place(wait)).collect::<Vec<_>>(),
            })
        };
        self.waits.iter().map(one).collect()
    }

    fn queue_list(&self) -> Value {
        let samples = |of: &super::queues::Samples| json!({ "samples": of.count, "max": of.max, "quarters": of.quarters() });
        let one = |(recording, of): (u64, &super::queues::OfRuntime)| json!({ "recording": id(recording), "runtime": of.name, "tasks": samples(&of.tasks), "blocking": samples(&of.blocking) });
        self.queues.iter().map(one).collect()
    }

    fn waiting_list(&self) -> Value {
        let one = |waits: super::tasks::Waiting<'_>| {
            let of = self.tasks.places.get(waits.place);
            json!({
                "recording": id(waits.recording),
                "task": waits.task,
                "name": of.name,
                "place": of.place,
                "waited": waits.waited,
                "frames": waits.frames,
            })
        };
        self.tasks.waiting().into_iter().take(self.top()).map(one).collect()
    }

    fn series_list(&self) -> Value {
        let one = |(at, part): (u64, &super::series::Part)| {
            json!({
                "at": at,
                "events": part.events,
                "polls": part.polls,
                "busy": part.busy,
                "parked": part.parked,
                "long_polls": part.long_polls,
                "longest_wait": part.longest_wait,
                "depth": part.depth,
                "made": part.made,
                "ended": part.ended,
                "spans": part.spans,
                "errors": part.errors,
                "lost": part.lost,
            })
        };
        json!({ "width": self.series.parts.width, "parts": self.series.iter().map(one).collect::<Vec<_>>() })
    }

    fn process_list(&self) -> Value {
        let one = |(recording, whose): (&u64, &super::Whose)| (id(*recording), whose.said.as_str().into());
        Value::Object(self.processes.iter().map(one).collect())
    }

    fn worker_list(&self) -> Value {
        let one = |((recording, thread), worker): (&(u64, u32), &super::workers::Worker)| {
            json!({
                "recording": id(*recording),
                "thread": thread,
                "name": worker.name,
                "runtime": worker.runtime,
                "worker": worker.worker,
                "seen": worker.seen(),
                "polls": times(&worker.polls),
                "parks": worker.parks,
                "parked": worker.parked,
            })
        };
        self.workers.iter().map(one).collect()
    }

    fn long_list(&self) -> Value {
        let one = |(length, poll): &(u64, super::places::LongPoll)| {
            json!({
                "recording": id(poll.recording),
                "at": poll.at,
                "duration": length,
                "stalled": poll.stalled,
                "task": poll.task,
                "name": poll.name,
                "place": poll.place,
                "thread": poll.thread,
                "span": poll.span.as_ref().map(|(name, place)| json!({ "name": name, "place": place })),
                "open": poll.open,
                "handed_over": poll.handed_over,
            })
        };
        let long = &self.blocking.longest;
        json!({
            "bound": self.bounds.long.0,
            "count": long.count,
            "sum": long.sum,
            "list": long.iter().map(one).collect::<Vec<_>>(),
        })
    }

    fn idle_list(&self) -> Value {
        let found = &self.idle.found;
        let one = |(length, idle): &(u64, super::idle::Idle)| {
            json!({
                "recording": id(idle.recording),
                "at": idle.at,
                "duration": length,
                "depth": idle.depth,
                "thread": idle.thread,
            })
        };
        json!({
            "bound": self.bounds.idle.0,
            "count": found.count,
            "sum": found.sum,
            "list": found.iter().map(one).collect::<Vec<_>>(),
        })
    }

    fn notable_list(&self) -> Value {
        let one = |one: &super::Notable| json!({ "line": one.line, "more": one.more });
        self.notable.iter().map(one).collect()
    }

    fn span_list(&self) -> Value {
        let one = |(name, of): (&String, &super::spans::OfName)| {
            json!({
                "name": name,
                "durations": times(&of.durations),
                "errors": of.errors,
                "cancelled": of.cancelled,
                "busy": of.busy,
                "idle": of.idle,
                "queued": of.queued,
                "slowest": of.slowest.iter().map(|(_, slow)| slowest(slow)).collect::<Vec<_>>(),
            })
        };
        self.spans.longest_first().into_iter().map(one).collect()
    }

    fn gap_list(&self) -> Value {
        let reasons: Map<_, _> = self
            .gaps
            .reasons
            .iter()
            .map(|(why, gaps)| ((*why).to_owned(), json!({ "count": gaps.count, "lost": gaps.lost })))
            .collect();
        let one =
            |(lost, (at, why)): &(u64, (u64, &'static str))| json!({ "at": at, "lost": lost, "why": why });
        json!({ "by_reason": reasons, "largest": self.gaps.largest.iter().map(one).collect::<Vec<_>>() })
    }
}

fn id(recording: u64) -> String {
    format!("{recording:016x}")
}

fn times(times: &Histogram) -> Value {
    json!({
        "count": times.count,
        "sum": times.sum,
        "mean": times.mean(),
        "p50": times.percentile(50),
        "p99": times.percentile(99),
        "max": times.max,
    })
}

fn slowest(slow: &Slow) -> Value {
    json!({
        "recording": id(slow.recording),
        "at": slow.at,
        "duration": slow.duration,
        "busy": slow.busy,
        "idle": slow.idle,
        "queued": slow.queued,
        "child": slow.child.as_ref().map(|(duration, name)| json!({ "name": &**name, "duration": duration })),
        "why": slow.why().name(),
        "place": slow.place,
        "trace": slow.trace,
    })
}

fn finding(finding: &Finding) -> Value {
    let number = |number: &Number| match number {
        Number::Nanos(number) | Number::Count(number) => Value::from(*number),
        Number::Share(share) => Value::from(*share),
    };
    let numbers: Map<_, _> =
        finding.numbers.iter().map(|(name, value)| ((*name).to_owned(), number(value))).collect();
    json!({
        "id": finding.rule.id,
        "severity": finding.severity.name(),
        "recording": id(finding.recording),
        "at": finding.at,
        "place": finding.place,
        "subject": finding.subject,
        "title": finding.rule.title,
        "said": finding.said,
        "numbers": numbers,
        "try": finding.rule.remedy,
    })
}

fn compared(comparison: &Comparison) -> Value {
    let value = |(value, low, high): (u64, u64, u64)| json!({ "value": value, "low": low, "high": high });
    let change = |change: &Change| {
        json!({
            "what": change.what,
            "measure": change.measure,
            "unit": change.unit.name(),
            "before": value(change.before),
            "after": value(change.after),
            "worse": change.worse,
        })
    };
    json!({
        "bound_percent": comparison.bound.percent,
        "compared": comparison.compared,
        "too_few": comparison.too_few,
        "changes": comparison.changes.iter().map(change).collect::<Vec<_>>(),
        "new": comparison.new.iter().map(finding).collect::<Vec<_>>(),
        "gone": comparison.gone.iter().map(finding).collect::<Vec<_>>(),
    })
}
