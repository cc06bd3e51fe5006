//! The events of a recording: what there is to say, as data.

mod choices;
#[macro_use]
mod table;
mod text;
mod value;

use std::borrow::Cow;

pub use choices::{End, Flavour, Level, Mode, Opened, Role, SpanKind, SpawnKind, Status, WakeKind, Why};
pub use text::Text;
pub use value::{Field, Fields, Link, Place, SpanId, TaskId, TraceId, Value};

use crate::encoder::{Note, Noted};
pub use crate::wire::Nanos;
use crate::wire::{BitsOut, FieldType, In, Malformed, Out, State, Wire, Woken};

/// When the events of a kind are told to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// At a point; if they took a while, that is their end.
    At,
    /// From their start to their end, one after the other on a thread.
    Start,
}

/// What a kind of events holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSpec {
    /// Its number, never used for another kind.
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// How its time is told.
    pub time: Time,
    /// Its fields; new ones come last.
    pub fields: &'static [FieldSpec],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: FieldType,
    /// What it is one of, where it is a choice.
    pub choices: &'static [&'static str],
}

/// An event, where and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// The thread, by the number that [`Thread`] says more of.
    pub thread: u32,
    /// Nanoseconds since the Unix epoch. Of what took a while it is the end.
    pub at: u64,
    /// What has happened.
    pub event: Event<'a>,
}

impl Record<'_> {
    /// When it began, in nanoseconds since the Unix epoch.
    pub fn start(&self) -> u64 {
        self.at.saturating_sub(self.event.duration().unwrap_or_default().0)
    }
}

/// An event of a kind that this version does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Other<'a> {
    /// The kind's name.
    pub kind: Text<'a>,
    /// Its fields.
    pub fields: Vec<Field<'a>>,
}

impl Other<'_> {
    fn shown(&self) -> Vec<(&str, Value<'_>)> {
        self.fields.iter().map(|field| (&*field.key, field.borrowed().value)).collect()
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// What can be written: an [`Event`], or what it is one of, which is faster.
pub trait Kind: sealed::Sealed {
    /// The number of its kind.
    fn code(&self) -> u8;

    /// How long it has taken, where it is told by its start.
    #[doc(hidden)]
    fn fused(&self) -> Option<Nanos>;

    /// Writes its fields.
    #[doc(hidden)]
    fn put(&self, columns: &mut [Vec<u8>], bits: &mut BitsOut, state: &mut State);

    /// Says what is to be said again in later blocks.
    #[doc(hidden)]
    fn note(&self, noted: &mut Noted<'_>);
}

impl sealed::Sealed for Event<'_> {}

impl Event<'_> {
    /// How long it has taken, where it took a while.
    pub fn duration(&self) -> Option<Nanos> {
        match self {
            Self::Poll(poll) => Some(poll.duration),
            Self::Park(park) => Some(park.duration),
            Self::BlockingRun(run) => Some(run.duration),
            Self::Span(span) => Some(span.duration),
            Self::Open(open) => Some(open.duration),
            _ => None,
        }
    }
}

kinds! {
    /// A task was polled.
    1 "poll" by duration: Poll {
        /// How long, in nanoseconds.
        duration: Nanos,
        /// The task.
        task: TaskId,
        /// The worker, by its index in its runtime, where it is not the one that the thread is said to be.
        worker: Option<u32>,
    }

    /// A worker had nothing to do.
    2 "park" by duration: Park {
        /// How long, in nanoseconds.
        duration: Nanos,
        /// The worker, by its index in its runtime, where it is not the one that the thread is said to be.
        worker: Option<u32>,
    }

    /// A task was woken, on the record's thread.
    3 "wake" by at: Wake {
        /// The task that was woken.
        task: TaskId as Woken,
        /// The task that was being polled there, if one was.
        by: Option<TaskId>,
        /// How.
        how: WakeKind,
    }

    /// How many tasks wait.
    4 "queue_depth" by at: QueueDepth<'a> {
        /// The runtime.
        runtime: u32,
        /// In the queue of all workers.
        global: u64,
        /// In the queue of each worker, where that can be known.
        workers: Cow<'a, [u32]>,
        /// In the queue of the blocking pool, where that can be known.
        blocking: Option<u32>,
    }

    /// A task was made. It is said again in each block in which the task is seen.
    5 "task_spawn" by at: TaskSpawn<'a> in Box {
        /// The task.
        task: TaskId as Woken,
        /// The task that made it.
        parent: Option<TaskId>,
        /// The runtime.
        runtime: u32,
        /// How.
        how: SpawnKind,
        /// What it is called, or the type of its future.
        name: Text<'a>,
        /// Where it was made.
        place: Place<'a>,
    }

    /// A task is over.
    6 "task_end" by at: TaskEnd {
        /// The task.
        task: TaskId,
        /// How it ended.
        how: End,
        /// How often it was polled, where that was counted.
        polls: Option<u32>,
    }

    /// Something was handed to the blocking pool.
    7 "blocking_spawn" by at: BlockingSpawn<'a> in Box {
        /// Its task.
        task: TaskId as Woken,
        /// The task that handed it over.
        parent: Option<TaskId>,
        /// The runtime.
        runtime: u32,
        /// What it is called.
        name: Text<'a>,
        /// Where that was.
        place: Place<'a>,
    }

    /// Something has run on the blocking pool.
    8 "blocking_run" by duration: BlockingRun {
        /// How long it ran, in nanoseconds.
        duration: Nanos,
        /// Its task.
        task: TaskId,
        /// How long it had waited, in nanoseconds.
        queued: Option<Nanos>,
        /// How it ended.
        how: End,
    }

    /// A span has ended.
    9 "span" by at: Span<'a> in Box {
        /// How long it was, in nanoseconds.
        duration: Nanos,
        /// Its trace.
        trace: TraceId,
        /// Its id.
        span: SpanId,
        /// The span that it is part of.
        parent: Option<SpanId>,
        /// Its name.
        name: Text<'a>,
        /// Its target: mostly the module.
        target: Text<'a>,
        /// Where it is in the source.
        place: Place<'a>,
        /// Its kind.
        span_kind: SpanKind,
        /// How it ended.
        status: Status,
        /// What went wrong.
        error: Text<'a>,
        /// The task that it began in.
        task: Option<TaskId>,
        /// How long it was being polled, in nanoseconds.
        busy: Option<Nanos>,
        /// How long it waited for others, in nanoseconds.
        idle: Option<Nanos>,
        /// How long it had been woken and was not polled yet, in nanoseconds.
        queued: Option<Nanos>,
        /// The trace flags of W3C Trace Context.
        flags: u32,
        /// Its attributes.
        attributes: Fields<'a>,
        /// The spans that it points at.
        links: Cow<'a, [Link]>,
    }

    /// A log event.
    10 "log" by at: Log<'a> in Box {
        /// How serious it is.
        level: Level,
        /// Its target: mostly the module.
        target: Text<'a>,
        /// What it says.
        message: Text<'a>,
        /// Where it is in the source.
        place: Place<'a>,
        /// The trace that it is part of.
        trace: Option<TraceId>,
        /// The span that it is part of.
        span: Option<SpanId>,
        /// Its fields.
        fields: Fields<'a>,
    }

    /// An event of the user's.
    11 "user" by at: User<'a> in Box {
        /// Its type.
        name: Text<'a>,
        /// The task that was being polled.
        task: Option<TaskId>,
        /// The span that was open.
        span: Option<SpanId>,
        /// Its fields.
        fields: Fields<'a>,
    }

    /// Something is missing before this.
    12 "gap" by at: Gap {
        /// How many events; 0 where nobody knows.
        lost: u64,
        /// Why.
        why: Why,
    }

    /// Something was bad enough to keep what came before it.
    13 "trigger" by at: Trigger<'a> in Box {
        /// What it was: `long_poll`, `panic`, …
        why: Text<'a>,
        /// The task that it was about.
        task: Option<TaskId>,
        /// The span that it was about.
        span: Option<SpanId>,
        /// More of it.
        fields: Fields<'a>,
    }

    /// Something was open when the process died; the record's time is the last that is known.
    14 "open" by at: Open<'a> in Box {
        /// How long it had been, in nanoseconds.
        duration: Nanos,
        /// What it was.
        what: Opened,
        /// The task.
        task: Option<TaskId>,
        /// The trace of a span.
        trace: Option<TraceId>,
        /// The span.
        span: Option<SpanId>,
        /// The span that it is part of.
        parent: Option<SpanId>,
        /// The name of a span.
        name: Text<'a>,
        /// Its attributes.
        fields: Fields<'a>,
    }

    /// Where a task waits.
    15 "task_dump" by at: TaskDump<'a> in Box {
        /// The task.
        task: TaskId,
        /// How long it has waited, in nanoseconds.
        waited: Option<Nanos>,
        /// The frames, or the labels of what is awaited, the innermost first.
        frames: Cow<'a, [Text<'a>]>,
    }

    /// How the clock was at a time. It is said again in each block.
    16 "clock" by at: Clock<'a> in Box {
        /// Its ticks then.
        ticks: u64,
        /// Ticks a second.
        frequency: f64,
        /// What it is: `tsc`, `cntvct`, `clock_gettime`.
        source: Text<'a>,
    }

    /// What a thread is. It is said again in each block in which the thread is seen.
    17 "thread" by at: Thread<'a> in Box {
        /// The number by which records name it.
        id: u32,
        /// Its name.
        name: Text<'a>,
        /// The operating system's number of it.
        os_id: u64,
        /// What it is for.
        role: Role,
        /// Its runtime.
        runtime: Option<u32>,
        /// Which of its workers it is.
        worker: Option<u32>,
    }

    /// What a runtime is. It is said again in each block.
    18 "runtime" by at: Runtime<'a> {
        /// The number by which others name it.
        id: u32,
        /// Its name.
        name: Text<'a>,
        /// Its flavour.
        flavour: Flavour,
        /// How many workers it has.
        workers: u32,
    }

    /// Whose recording it is. It is said again in each block.
    19 "process" by at: Process<'a> in Box {
        /// The operating system's number of the process.
        pid: u32,
        /// When it started, in nanoseconds since the Unix epoch.
        started: u64,
        /// The service's name.
        service: Text<'a>,
        /// The service's version.
        version: Text<'a>,
        /// Who wrote the recording, with its version.
        tool: Text<'a>,
        /// What of Tokio could be seen.
        tokio: Mode,
        /// The machine.
        host: Text<'a>,
        /// More of it: the attributes of the resource.
        fields: Fields<'a>,
    }
}
