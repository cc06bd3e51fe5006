//! From records of the ring to events of the recording.

use std::borrow::Cow;
use std::io;

use spanwright_core::chunks::{Kind, Record};
use spanwright_core::clock::{Ticks, Wall};
use spanwright_core::events::{self, FieldValue, Role, ThreadFacts};
use spanwright_recording::event::{
    self as out, End, Field, Level, Nanos, Place, SpanId, SpawnKind, Status, TaskId, TraceId, Value, WakeKind,
};
use spanwright_recording::{Encoder, TraceWriter};

use crate::span;
use crate::span::{AttributeRef, Attributes, EventRef, Outcome, Reading, SpanKind, SpanRef};

/// Writes events into a recording.
#[derive(Debug)]
pub(super) struct Translator<W: TraceWriter> {
    pub(super) encoder: Encoder<W>,
    reading: Reading,
    wall: Wall,
    /// Events so far.
    pub(super) count: u64,
    /// What the writer said last, until somebody asks.
    pub(super) failed: Option<io::Error>,
}

impl<W: TraceWriter> Translator<W> {
    pub(super) fn new(encoder: Encoder<W>) -> Self {
        Self { encoder, reading: Reading::default(), wall: Wall::now(), count: 0, failed: None }
    }

    /// Tells times by this clock from now on.
    pub(super) fn use_clock(&mut self, wall: Wall) {
        self.wall = wall;
    }

    /// Reads the clocks anew: what comes now is told by them.
    pub(super) fn set_clock(&mut self) {
        self.wall = Wall::now();
    }

    /// The clock by which times are told.
    pub(super) fn clock(&self) -> &Wall {
        &self.wall
    }

    /// Nanoseconds since the Unix epoch, now.
    pub(super) fn now(&self) -> u64 {
        self.wall.unix_nanos(spanwright_core::clock::now())
    }

    /// Writes one event.
    pub(super) fn write(&mut self, thread: u32, at: u64, event: &impl out::Kind) {
        self.count += 1;
        if let Err(error) = self.encoder.event(thread, at, event) {
            self.failed = Some(error);
        }
    }

    /// Ticks as nanoseconds.
    fn nanos(ticks: u64) -> Nanos {
        Nanos(Ticks(ticks).nanos_since(Ticks(0)))
    }

    /// Writes what a record says.
    pub(super) fn record(&mut self, record: &Record<'_>) {
        self.record_from(record, None);
    }

    /// Writes what a record says, of this process or of another one, in which a task's place was this text.
    pub(super) fn record_from(&mut self, record: &Record<'_>, place: Option<&str>) {
        let (thread, at) = (record.thread, self.wall.unix_nanos(record.at));
        match record.kind() {
            Some(Kind::Poll) => self.poll(thread, at, record),
            Some(Kind::Park) => {
                if let Some(park) = record.polled() {
                    self.write(thread, at, &out::Park { duration: Self::nanos(park.took), worker: None });
                }
            }
            Some(Kind::Wake) => {
                if let Some(woken) = record.woken() {
                    let how = if woken.how == events::Wake::ByRef as u8 {
                        WakeKind::ByRef
                    } else {
                        WakeKind::ByValue
                    };
                    let (task, by) = (TaskId::new(woken.task), task(woken.by));
                    self.write(thread, at, &out::Wake { task, by, how });
                }
            }
            Some(Kind::TaskSpawn) => self.spawned(thread, at, record, place),
            Some(Kind::TaskEnd) => {
                if let Some(end) = record.task_end() {
                    let polls = (end.polls != 0).then_some(end.polls);
                    self.write(
                        thread,
                        at,
                        &out::TaskEnd { task: TaskId::new(end.task), how: how(end.how), polls },
                    );
                }
            }
            Some(Kind::BlockingRun) => self.blocking_run(thread, at, record),
            Some(Kind::QueueDepth) => {
                if let Some(depth) = record.depth() {
                    let events::Depth { runtime, global, blocking, workers } = depth;
                    self.write(
                        thread,
                        at,
                        &out::QueueDepth { runtime, global, workers: Cow::Owned(workers), blocking },
                    );
                }
            }
            Some(Kind::Thread) => {
                if let Some(facts) = record.thread_facts() {
                    self.thread(at, &facts);
                }
            }
            Some(Kind::User) => self.user(thread, at, record),
            Some(Kind::Span) => self.span(thread, record),
            Some(Kind::Event) => self.log(thread, record),
            Some(Kind::Writer) | None => {}
        }
    }

    #[inline]
    fn poll(&mut self, thread: u32, at: u64, record: &Record<'_>) {
        if let Some(poll) = record.polled() {
            let (duration, task) = (Self::nanos(poll.took), TaskId::new(poll.task));
            self.write(thread, at, &out::Poll { duration, task, worker: None });
        }
    }

    fn spawned(&mut self, thread: u32, at: u64, record: &Record<'_>, text: Option<&str>) {
        let Some(made) = record.spawned() else { return };
        let place = match (text, made.place) {
            (Some(text), _) => place_of(text),
            (None, Some(place)) => Place::new(place.file(), place.line(), place.column()),
            (None, None) => Place::default(),
        };
        let (id, parent, runtime, name) =
            (TaskId::new(made.task), task(made.parent), made.runtime, made.name.into());
        if made.how == events::Spawn::Blocking as u8 {
            return self.write(thread, at, &out::BlockingSpawn { task: id, parent, runtime, name, place });
        }
        let how = if made.how == events::Spawn::Local as u8 { SpawnKind::Local } else { SpawnKind::Async };
        self.write(thread, at, &out::TaskSpawn { task: id, parent, runtime, how, name, place });
    }

    fn blocking_run(&mut self, thread: u32, at: u64, record: &Record<'_>) {
        let Some(end) = record.blocking_run() else { return };
        let run = out::BlockingRun {
            duration: Self::nanos(end.run.took),
            task: TaskId::new(end.run.task),
            queued: (end.queued != 0).then(|| Self::nanos(end.queued)),
            how: how(end.how),
        };
        self.write(thread, at, &run);
    }

    /// What is known of a thread.
    pub(super) fn thread(&mut self, at: u64, facts: &ThreadFacts) {
        let role = match facts.role {
            Role::Worker => out::Role::Worker,
            Role::Blocking => out::Role::Blocking,
            Role::Other => out::Role::Other,
        };
        let thread = out::Thread {
            id: facts.number,
            name: facts.name.as_str().into(),
            os_id: facts.os_id,
            role,
            runtime: facts.runtime,
            worker: facts.worker,
        };
        self.write(facts.number, at, &thread);
    }

    fn user(&mut self, thread: u32, at: u64, record: &Record<'_>) {
        let Some(event) = record.user() else { return };
        let mut fields = Vec::with_capacity(event.spec.fields.len());
        event.for_each(|name, value| {
            let value = match value {
                FieldValue::None => Value::None,
                FieldValue::Bool(value) => Value::Bool(value),
                FieldValue::I64(value) => Value::Int(value),
                FieldValue::U64(value) => Value::Uint(value),
                FieldValue::F64(value) => Value::Float(value),
                FieldValue::Str(text) => Value::from(text.to_owned()),
            };
            fields.push(Field::new(name, value));
        });
        let user = out::User {
            name: event.spec.name.into(),
            task: task(event.task),
            span: (event.span != 0).then(|| SpanId(event.span.to_be_bytes())),
            fields: Cow::Owned(fields),
        };
        self.write(thread, at, &user);
    }

    fn span(&mut self, thread: u32, record: &Record<'_>) {
        let mut reading = std::mem::take(&mut self.reading);
        if let Some(span) = reading.span(record, &self.wall) {
            self.write(thread, span.end_unix_nanos(), &described(&span));
        }
        self.reading = reading;
    }

    fn log(&mut self, thread: u32, record: &Record<'_>) {
        let mut reading = std::mem::take(&mut self.reading);
        if let Some(event) = reading.event(record, &self.wall) {
            self.write(thread, event.unix_nanos(), &logged(&event));
        }
        self.reading = reading;
    }
}

/// A place that is written as `file:line:column`.
fn place_of(text: &str) -> Place<'_> {
    let mut parts = text.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|number| number.parse().ok()).unwrap_or_default();
    let (column, line) = (number(), number());
    Place::new(parts.next().unwrap_or_default(), line, column)
}

fn task(task: u64) -> Option<TaskId> {
    (task != 0).then(|| TaskId::new(task))
}

fn how(how: u8) -> End {
    match how {
        1 => End::Completed,
        2 => End::Cancelled,
        3 => End::Panicked,
        _ => End::Unknown,
    }
}

/// A span as it is recorded.
fn described<'s>(span: &SpanRef<'s>) -> out::Span<'s> {
    let mut facts = Facts::default();
    let attributes = facts.split(span.attributes());
    out::Span {
        duration: Nanos(span.end_unix_nanos().saturating_sub(span.start_unix_nanos())),
        trace: trace_id(span.trace_id()),
        span: SpanId(span.span_id().to_bytes()),
        parent: span.parent().is_some().then(|| SpanId(span.parent().to_bytes())),
        name: span.name().into(),
        target: span.target().into(),
        place: facts.place(),
        span_kind: match span.kind() {
            SpanKind::Internal => out::SpanKind::Internal,
            SpanKind::Server => out::SpanKind::Server,
            SpanKind::Client => out::SpanKind::Client,
            SpanKind::Producer => out::SpanKind::Producer,
            SpanKind::Consumer => out::SpanKind::Consumer,
        },
        status: match span.outcome() {
            Outcome::Ok => Status::Ok,
            Outcome::Error => Status::Error,
            Outcome::Cancelled => Status::Cancelled,
            Outcome::Panicked => Status::Panicked,
        },
        error: match span.status() {
            span::Status::Error(said) => said.into(),
            _ => "".into(),
        },
        task: facts.task.map(|task| TaskId::new(task as u64)),
        busy: facts.busy.map(|nanos| Nanos(nanos as u64)),
        idle: facts.idle.map(|nanos| Nanos(nanos as u64)),
        queued: facts.queued.map(|nanos| Nanos(nanos as u64)),
        flags: span.trace_flags().into(),
        attributes: Cow::Owned(attributes),
        links: Cow::Owned(span.links().iter().map(link).collect()),
    }
}

/// A log event as it is recorded.
fn logged<'e>(event: &EventRef<'e>) -> out::Log<'e> {
    let mut facts = Facts::default();
    let fields = facts.split(event.attributes());
    out::Log {
        level: match event.level() {
            span::Level::TRACE => Level::Trace,
            span::Level::DEBUG => Level::Debug,
            span::Level::INFO => Level::Info,
            span::Level::WARN => Level::Warn,
            _ => Level::Error,
        },
        target: event.target().into(),
        message: event.message().into(),
        place: facts.place(),
        trace: event.trace_id().is_some().then(|| trace_id(event.trace_id())),
        span: event.span_id().is_some().then(|| SpanId(event.span_id().to_bytes())),
        fields: Cow::Owned(fields),
    }
}

fn trace_id(id: span::TraceId) -> TraceId {
    TraceId(id.to_bytes())
}

fn link(link: &span::Link) -> out::Link {
    out::Link { trace: trace_id(link.trace_id), span: SpanId(link.span_id.to_bytes()) }
}

/// What attributes say that the recording has fields for.
#[derive(Default)]
struct Facts<'a> {
    file: &'a str,
    line: i64,
    busy: Option<i64>,
    idle: Option<i64>,
    queued: Option<i64>,
    task: Option<i64>,
}

impl<'a> Facts<'a> {
    /// Takes them out, and leaves the others.
    fn split(&mut self, attributes: Attributes<'a>) -> Vec<Field<'a>> {
        let mut others = Vec::new();
        for (key, value) in attributes {
            match (key, value) {
                ("code.file.path", AttributeRef::Str(file)) => self.file = file,
                ("code.line.number", AttributeRef::I64(line)) => self.line = line,
                ("busy_ns", AttributeRef::I64(nanos)) => self.busy = Some(nanos),
                ("idle_ns", AttributeRef::I64(nanos)) => self.idle = Some(nanos),
                ("queued_ns", AttributeRef::I64(nanos)) => self.queued = Some(nanos),
                ("tokio.task.id", AttributeRef::I64(id)) => self.task = Some(id),
                (key, value) => others.push(Field::new(key, as_value(value))),
            }
        }
        others
    }

    fn place(&self) -> Place<'a> {
        if self.file.is_empty() {
            return Place::default();
        }
        Place::new(self.file, self.line.try_into().unwrap_or_default(), 0)
    }
}

fn as_value(value: AttributeRef<'_>) -> Value<'_> {
    match value {
        AttributeRef::Bool(value) => Value::Bool(value),
        AttributeRef::I64(value) => Value::Int(value),
        AttributeRef::F64(value) => Value::Float(value),
        AttributeRef::Str(text) => Value::from(text),
    }
}
