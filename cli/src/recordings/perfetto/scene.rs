//! Says of each event what is drawn, and where.

use std::collections::{HashMap, HashSet};
use std::io;

use spanwright_recording::event::{Event, QueueDepth, TaskId, Value};
use spanwright_recording::{Names, Record};

use super::super::values::is_nothing;
use super::canvas::{Canvas, Described, Mark, Of, Queue, Track, When};
use super::flows::Flows;
use super::lanes::Lanes;

/// Further threads of a process share one place.
const MOST_THREADS: usize = 1 << 16;
/// The ends of further tasks are not drawn.
const MOST_TASKS: usize = 1 << 20;
/// Further queues are not drawn.
const MOST_QUEUES: usize = 1 << 14;
/// No system has threads of such numbers.
const UNKNOWN_THREAD: u64 = 1 << 32;
/// Processes of several machines may have the same number.
const NEXT_PROCESS: u32 = 10_000_000;

/// A process, and what is known of its tracks.
#[derive(Debug, Default)]
struct Process {
    id: u32,
    threads: HashMap<u32, Thread>,
    thread_ids: HashSet<u64>,
    queues: HashSet<(u32, Queue)>,
    /// Tasks whose beginning is drawn, and whose end is not.
    live: HashSet<u64>,
}

#[derive(Debug)]
struct Thread {
    id: u64,
    name: String,
    lanes: Lanes,
}

/// What is drawn of a recording.
#[derive(Debug)]
pub(super) struct Scene<C> {
    canvas: C,
    since: u64,
    processes: HashMap<u64, Process>,
    process_ids: HashSet<u32>,
    flows: Flows,
    /// What has a track of its own, so far.
    apart: u64,
}

impl<C: Canvas> Scene<C> {
    pub(super) fn new(mut canvas: C, since: u64) -> io::Result<Self> {
        canvas.begin(since)?;
        Ok(Self {
            canvas,
            since,
            processes: HashMap::new(),
            process_ids: HashSet::new(),
            flows: Flows::default(),
            apart: 0,
        })
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.canvas.end()
    }

    pub(super) fn draw(&mut self, record: &Record<'_>, recording: u64, names: &Names) -> io::Result<()> {
        let at = record.at;
        match &record.event {
            Event::Poll(poll) => {
                let arrive = self.flows.arrive(recording, poll.task.get(), record.start());
                self.slice(record, (recording, names), &task_name(poll.task, names), &arrive)
            }
            Event::Park(_) => self.slice(record, (recording, names), "parked", &[]),
            Event::BlockingRun(run) => {
                let task = run.task;
                let arrive = self.flows.arrive(recording, task.get(), record.start());
                self.slice(record, (recording, names), &task_name(task, names), &arrive)?;
                self.task_ends(record, (recording, names), task)
            }
            Event::Wake(wake) => {
                let leaves = self.flows.leave(recording, wake.task.get(), at);
                self.instant(record, (recording, names), "wake", leaves)
            }
            Event::TaskSpawn(spawn) => self.task_begins(record, (recording, names), spawn.task),
            Event::BlockingSpawn(spawn) => self.task_begins(record, (recording, names), spawn.task),
            Event::TaskEnd(end) => self.task_ends(record, (recording, names), end.task),
            Event::Span(span) => {
                self.apart += 1;
                let of = Of::Span(self.apart);
                let when = When::From { start: record.start(), end: at };
                self.draw_apart(record, (recording, names), (of, Of::Spans), &span.name, when)
            }
            Event::Open(open) => {
                self.apart += 1;
                let name = if open.name.is_empty() { open.what.name() } else { &*open.name };
                let of = (Of::Open(self.apart), Of::Process);
                self.draw_apart(record, (recording, names), of, name, When::Begin(record.start()))
            }
            Event::QueueDepth(depth) => self.queues(at, (recording, names), depth),
            Event::Trigger(trigger) => self.instant(record, (recording, names), &trigger.why, None),
            Event::Log(log) => {
                let name = if log.message.is_empty() { &log.target } else { &log.message };
                self.instant(record, (recording, names), first_line(name), None)
            }
            Event::User(user) => self.instant(record, (recording, names), &user.name, None),
            // What these say is in the tracks.
            Event::Clock(_) | Event::Thread(_) | Event::Runtime(_) | Event::Process(_) => Ok(()),
            other => self.instant(record, (recording, names), other.kind(), None),
        }
    }

    /// What a thread did for a while.
    fn slice(
        &mut self,
        record: &Record<'_>,
        (recording, names): (u64, &Names),
        name: &str,
        arrive: &[u64],
    ) -> io::Result<()> {
        let (start, end) = (record.start(), record.at);
        let (_, key) = self.know_thread(recording, record.thread, names)?;
        let Some(process) = self.processes.get_mut(&recording) else { return Ok(()) };
        let Some(thread) = process.threads.get_mut(&key) else { return Ok(()) };
        let (lane, is_new) = thread.lanes.place(start, end);
        let track = Track { process: process.id, of: Of::Thread { id: thread.id, lane } };
        if is_new && lane > 0 {
            let under = Some(Of::Thread { id: thread.id, lane: 0 });
            let name = format!("{} (at the same time)", thread.name);
            self.canvas.track(track, &Described { name: &name, under, label: "" })?;
        }
        let when = When::From { start, end };
        let arguments = arguments(&record.event);
        let category = record.event.kind();
        self.canvas.mark(&Mark { track, when, category, name, arguments: &arguments, leaves: None, arrive })
    }

    /// What happened at a moment on a thread.
    fn instant(
        &mut self,
        record: &Record<'_>,
        (recording, names): (u64, &Names),
        name: &str,
        leaves: Option<u64>,
    ) -> io::Result<()> {
        let (track, _) = self.know_thread(recording, record.thread, names)?;
        let arguments = arguments(&record.event);
        let (when, category) = (When::At(record.at), record.event.kind());
        self.canvas.mark(&Mark { track, when, category, name, arguments: &arguments, leaves, arrive: &[] })
    }

    /// What has a track of its own.
    fn draw_apart(
        &mut self,
        record: &Record<'_>,
        (recording, names): (u64, &Names),
        (of, under): (Of, Of),
        name: &str,
        when: When,
    ) -> io::Result<()> {
        let process = self.know_process(recording, names)?;
        let track = Track { process, of };
        self.canvas.track(track, &Described { name, under: Some(under), label: "" })?;
        let arguments = arguments(&record.event);
        let (category, leaves) = (record.event.kind(), None);
        self.canvas.mark(&Mark { track, when, category, name, arguments: &arguments, leaves, arrive: &[] })
    }

    fn task_begins(
        &mut self,
        record: &Record<'_>,
        (recording, names): (u64, &Names),
        task: TaskId,
    ) -> io::Result<()> {
        let leaves = self.flows.leave(recording, task.get(), record.at);
        self.instant(record, (recording, names), "spawn", leaves)?;
        let id = self.know_process(recording, names)?;
        let Some(process) = self.processes.get_mut(&recording) else { return Ok(()) };
        if process.live.len() >= MOST_TASKS || !process.live.insert(task.get()) {
            return Ok(());
        }
        let name = task_name(task, names);
        let track = Track { process: id, of: Of::Task(task.get()) };
        self.canvas.track(track, &Described { name: &name, under: Some(Of::Tasks), label: "" })?;
        let when = When::Begin(record.at);
        let (category, name, leaves) = ("task", &*name, None);
        let arguments = arguments(&record.event);
        self.canvas.mark(&Mark { track, when, category, name, arguments: &arguments, leaves, arrive: &[] })
    }

    fn task_ends(
        &mut self,
        record: &Record<'_>,
        (recording, names): (u64, &Names),
        task: TaskId,
    ) -> io::Result<()> {
        let id = self.know_process(recording, names)?;
        self.flows.forget(recording, task.get());
        let Some(process) = self.processes.get_mut(&recording) else { return Ok(()) };
        let track = Track { process: id, of: Of::Task(task.get()) };
        let (mut when, name) = (When::End(record.at), task_name(task, names));
        if !process.live.remove(&task.get()) {
            if process.live.len() >= MOST_TASKS {
                return Ok(());
            }
            // It began before all that is seen here.
            when = When::From { start: self.since.min(record.at), end: record.at };
            self.canvas.track(track, &Described { name: &name, under: Some(Of::Tasks), label: "" })?;
        }
        let (category, name, leaves) = ("task", &*name, None);
        let arguments = arguments(&record.event);
        self.canvas.mark(&Mark { track, when, category, name, arguments: &arguments, leaves, arrive: &[] })
    }

    fn queues(
        &mut self,
        at: u64,
        (recording, names): (u64, &Names),
        depth: &QueueDepth<'_>,
    ) -> io::Result<()> {
        let id = self.know_process(recording, names)?;
        let workers = (0..).zip(depth.workers.iter());
        let blocking = depth.blocking.iter().map(|waiting| (Queue::Blocking, u64::from(*waiting)));
        let all = [(Queue::Global, depth.global)].into_iter().chain(blocking);
        let all = all.chain(workers.map(|(worker, waiting)| (Queue::Worker(worker), u64::from(*waiting))));
        for (queue, waiting) in all {
            let Some(process) = self.processes.get_mut(&recording) else { return Ok(()) };
            let track = Track { process: id, of: Of::Queue { runtime: depth.runtime, queue } };
            let name = queue_name(depth.runtime, queue, names);
            let key = (depth.runtime, queue);
            if !process.queues.contains(&key) {
                if process.queues.len() >= MOST_QUEUES {
                    continue;
                }
                process.queues.insert(key);
                self.canvas.track(track, &Described { name: &name, under: Some(Of::Process), label: "" })?;
            }
            self.canvas.count(track, &name, at, waiting)?;
        }
        Ok(())
    }

    /// The number by which a recording's process is drawn.
    fn know_process(&mut self, recording: u64, names: &Names) -> io::Result<u32> {
        if let Some(process) = self.processes.get(&recording) {
            return Ok(process.id);
        }
        let known = names.process();
        let mut id = known.map_or(0, |process| process.pid) & (i32::MAX as u32);
        while id == 0 || !self.process_ids.insert(id) {
            id = (id.max(1) + NEXT_PROCESS) & (i32::MAX as u32);
        }
        let service = known.map(|process| &*process.service).filter(|service| !service.is_empty());
        let name = service.unwrap_or("process");
        let label = match known {
            Some(process) if !process.host.is_empty() => {
                format!("process {} on {}, recording {recording:016x}", process.pid, process.host)
            }
            _ => format!("recording {recording:016x}"),
        };
        let track = |of| Track { process: id, of };
        self.canvas.track(track(Of::Process), &Described { name, under: None, label: &label })?;
        for (of, name) in [(Of::Tasks, "tasks"), (Of::Spans, "spans")] {
            self.canvas.track(track(of), &Described { name, under: Some(Of::Process), label: "" })?;
        }
        self.processes.insert(recording, Process { id, ..Process::default() });
        Ok(id)
    }

    /// A thread's track, and the number by which it is known here.
    fn know_thread(&mut self, recording: u64, number: u32, names: &Names) -> io::Result<(Track, u32)> {
        let process_id = self.know_process(recording, names)?;
        let track = |id| Track { process: process_id, of: Of::Thread { id, lane: 0 } };
        let process = self.processes.entry(recording).or_default();
        let has_room = process.threads.len() < MOST_THREADS || process.threads.contains_key(&number);
        let number = if has_room { number } else { u32::MAX };
        if let Some(thread) = process.threads.get(&number) {
            return Ok((track(thread.id), number));
        }
        let known = names.thread(number);
        let system = known.map(|thread| thread.os_id).filter(|id| (1..UNKNOWN_THREAD).contains(id));
        let free = system.filter(|id| !process.thread_ids.contains(id));
        let id = free.unwrap_or(UNKNOWN_THREAD + u64::from(number));
        process.thread_ids.insert(id);
        let name = match known {
            Some(thread) if !thread.name.is_empty() => thread.name.to_string(),
            _ => format!("thread {number}"),
        };
        self.canvas.track(track(id), &Described { name: &name, under: Some(Of::Process), label: "" })?;
        process.threads.insert(number, Thread { id, name, lanes: Lanes::default() });
        Ok((track(id), number))
    }
}

/// What a task is called, or where it was made.
fn task_name(task: TaskId, names: &Names) -> String {
    match names.task(task) {
        Some(known) if !known.name.is_empty() => known.name.to_string(),
        Some(known) if !known.place.file.is_empty() => known.place.to_string(),
        _ => format!("task {task}"),
    }
}

fn queue_name(runtime: u32, queue: Queue, names: &Names) -> String {
    let runtime = match names.runtime(runtime) {
        Some(known) if !known.name.is_empty() => known.name.to_string(),
        _ => format!("runtime {runtime}"),
    };
    match queue {
        Queue::Global => format!("queue of {runtime}"),
        Queue::Worker(worker) => format!("queue of {runtime}, worker {worker}"),
        Queue::Blocking => format!("queue of {runtime}, blocking pool"),
    }
}

/// What an event says beside its time.
fn arguments<'e>(event: &'e Event<'_>) -> Vec<(&'e str, Value<'e>)> {
    let says = |(name, value): &(&str, Value<'_>)| *name != "duration" && !is_nothing(value);
    event.fields().into_iter().filter(says).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
