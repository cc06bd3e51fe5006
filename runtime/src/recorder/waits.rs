//! Task dumps: where each task waits, by the calls of annotated functions in it, put together to stacks.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::time::Duration;

use spanwright_core::clock::Wall;
use spanwright_core::events::{self, Doing};
use spanwright_core::segment::FoundWait;
use spanwright_core::slots::{self, SlotHandle};
use spanwright_recording::TraceWriter;
use spanwright_recording::event::{self as out, Nanos, TaskId};

use super::taskdump;
use super::translate::Translator;

/// The most dumps that are written at once: of those that have waited longest.
const MOST: usize = 1_000;

/// A call that waits.
#[derive(Debug)]
pub(super) struct Frame {
    span: SlotHandle,
    around: SlotHandle,
    task: u64,
    /// Since when, in nanoseconds since the Unix epoch.
    since: u64,
    /// What it is called, and where it waits.
    text: String,
}

/// Where a task waits; one that waits for several at once has a dump for each.
#[derive(Debug, PartialEq, Eq)]
struct Dump<'f> {
    task: u64,
    since: u64,
    /// The innermost first.
    frames: Vec<&'f str>,
}

impl Frame {
    /// Of a process that has ended.
    pub(super) fn found(wait: &FoundWait) -> Self {
        let FoundWait { span, around, spec, place, unix_nanos, task } = wait;
        let text = text(spec.name, place.as_ref());
        Self { span: *span, around: *around, task: *task, since: *unix_nanos, text }
    }
}

fn text(name: &str, place: Option<impl Display>) -> String {
    place.map_or_else(|| name.to_owned(), |place| format!("{name} at {place}"))
}

/// The calls that wait in this process, but for those of tasks that are being polled.
fn now(wall: &Wall) -> Vec<Frame> {
    let polled = |lane: &events::Lane| lane.doing().filter(|(doing, ..)| *doing == Doing::Poll);
    let polled: HashSet<u64> =
        events::lanes().into_iter().filter_map(polled).map(|(.., task)| task).collect();
    let waiting = slots::waiting().into_iter().filter(|wait| wait.task != 0 && !polled.contains(&wait.task));
    let frame = |wait: slots::Waiting| Frame {
        span: wait.span,
        around: wait.around,
        task: wait.task,
        since: wall.unix_nanos(wait.since),
        text: text(wait.spec.name, wait.place),
    };
    waiting.map(frame).collect()
}

/// A poll that has gone on for so long, in nanoseconds, is worth telling of.
const LONG: u64 = 10_000_000;

/// The tasks that are in a long poll, since when, and on which thread: what blocks there waits at no await point.
fn polled(wall: &Wall, at: u64) -> Vec<(u64, u64, String)> {
    let long = |lane: &events::Lane| {
        let (_, since, task) = lane.doing().filter(|(doing, ..)| *doing == Doing::Poll)?;
        let since = wall.unix_nanos(since);
        let is_long = task != 0 && at.saturating_sub(since) >= LONG;
        is_long.then(|| (task, since, format!("in one poll, on thread {}", lane.facts().name)))
    };
    events::lanes().into_iter().filter_map(long).collect()
}

/// The stacks of tasks, those first that have waited longest.
fn stacks(frames: &[Frame]) -> Vec<Dump<'_>> {
    let by_span: HashMap<SlotHandle, &Frame> = frames.iter().map(|frame| (frame.span, frame)).collect();
    // What started a task is not part of it.
    let around =
        |frame: &Frame| by_span.get(&frame.around).filter(|around| around.task == frame.task).copied();
    let outer: HashSet<SlotHandle> = frames.iter().filter_map(around).map(|frame| frame.span).collect();
    let innermost = frames.iter().filter(|frame| !outer.contains(&frame.span));
    let mut dumps: Vec<_> = innermost
        .map(|inner| {
            let stack = std::iter::successors(Some(inner), |frame| around(frame)).take(frames.len());
            let frames = stack.map(|frame| frame.text.as_str()).collect();
            Dump { task: inner.task, since: inner.since, frames }
        })
        .collect();
    dumps.sort_by_key(|dump| (dump.since, dump.task));
    dumps
}

/// Writes where the tasks of this process wait that have done so for longer than `bound`, and where all do if Tokio's own dumps are
/// switched on.
pub(super) fn write<W: TraceWriter>(translator: &mut Translator<W>, bound: Duration, stop_workers: bool) {
    translator.set_clock();
    let at = translator.now();
    let latest = at.saturating_sub(u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX));
    for (task, since, text) in polled(translator.clock(), at) {
        let (task, waited) = (TaskId::new(task), Some(Nanos(at.saturating_sub(since))));
        translator.write(0, at, &out::TaskDump { task, waited, frames: vec![text.into()].into() });
    }
    write_until(translator, at, latest, &now(translator.clock()));
    for (task, frames) in taskdump::all(stop_workers).into_iter().take(MOST) {
        let frames = frames.into_iter().map(Into::into).collect();
        translator.write(0, at, &out::TaskDump { task: TaskId::new(task), waited: None, frames });
    }
}

/// Writes where tasks waited when their process ended, at `at`.
pub(super) fn write_found<W: TraceWriter>(translator: &mut Translator<W>, at: u64, frames: &[Frame]) {
    write_until(translator, at, at, frames);
}

/// Writes the stacks of those that have waited since `latest` or earlier.
fn write_until<W: TraceWriter>(translator: &mut Translator<W>, at: u64, latest: u64, frames: &[Frame]) {
    for Dump { task, since, frames } in
        stacks(frames).iter().take_while(|dump| dump.since <= latest).take(MOST)
    {
        let waited = Some(Nanos(at.saturating_sub(*since)));
        let frames: Vec<_> = frames.iter().map(|frame| (*frame).into()).collect();
        translator.write(
            0,
            at,
            &out::TaskDump { task: TaskId::new(*task), waited, frames: Cow::Owned(frames) },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(span: u64, around: u64, task: u64, since: u64) -> Frame {
        let (span, around) = (SlotHandle::from_bits(span), SlotHandle::from_bits(around));
        Frame { span, around, task, since, text: format!("{span:?}") }
    }

    #[test]
    fn a_stack_ends_where_its_task_does_and_branches_where_that_waits_for_several() {
        let frames = [
            frame(1, 0, 7, 50),
            frame(2, 1, 7, 40),
            frame(3, 1, 7, 60),
            frame(4, 2, 8, 30),
            // What is around it has ended.
            frame(5, 99, 9, 20),
        ];
        let text = |span: usize| frames[span - 1].text.as_str();
        let dump = |task, since, frames: &[usize]| Dump {
            task,
            since,
            frames: frames.iter().map(|span| text(*span)).collect(),
        };
        let expected = [dump(9, 20, &[5]), dump(8, 30, &[4]), dump(7, 40, &[2, 1]), dump(7, 60, &[3, 1])];
        assert_eq!(stacks(&frames), expected);
    }

    #[test]
    fn what_another_process_has_left_can_not_go_on_for_ever() {
        let frames = [frame(1, 2, 7, 1), frame(2, 1, 7, 1), frame(3, 1, 7, 1)];
        assert_eq!(stacks(&frames)[0].frames.len(), 3);
    }
}
