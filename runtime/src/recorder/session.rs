//! The recorder's thread: takes records from the ring, or from who reads it, and writes them into the recording.
//!
//! It reads the ring itself where no pipeline does, for a pass at a time, so that a pipeline can start whenever it wants to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use spanwright_core::chunks::{self, Records};
use spanwright_core::segment::Segment;
use spanwright_core::{clock, events};
use spanwright_recording::event::{Gap, Why as Missing};
use spanwright_recording::{Encoder, Options, TraceWriter};

use super::crash::Memory;
use super::flight::{Kept, Sink};
use super::metrics::{RecorderMetrics, Why};
use super::runtimes::Recorded;
use super::shared::{RING_BYTES, Running, Shared};
use super::translate::Translator;
use super::trigger::Trigger;
use super::{feed, identity, runtimes, waits};
use crate::span;

/// The shortest and the longest time between two looks at what there is.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// How often the writer is told how late it is.
const TICK: Duration = Duration::from_secs(1);
/// Chunks that are made before anybody needs them, 16 KiB each: what some 40,000 polls take.
const AHEAD: u32 = 64;

/// What is said to the recorder's thread.
pub(super) struct Settings {
    pub(super) service: String,
    pub(super) version: String,
    /// Nothing in stream mode.
    pub(super) kept: Option<Kept>,
    /// Which tasks are written down where something has happened: those that have waited for longer. Nothing where none are.
    pub(super) task_dumps: Option<Duration>,
    /// Whether Tokio may stop several workers for its own dumps.
    pub(super) stop_workers: bool,
    /// At least one look at a flight recorder's memory lies between two dumps.
    pub(super) quiet: Duration,
    /// How long an event waits for its block to fill, at most.
    pub(super) delay: Duration,
    /// What may wait for a slow writer, in bytes.
    pub(super) queue_bytes: usize,
    pub(super) options: Options,
    /// Nothing where what is recorded need not outlive the process.
    pub(super) memory: Option<Memory>,
}

/// Starts the recorder's thread.
pub(super) fn start(
    shared: &Arc<Shared>,
    settings: Settings,
    writer: Box<dyn TraceWriter>,
) -> io::Result<()> {
    let running = shared.run();
    let sink = Sink::new(writer, settings.kept, Arc::clone(shared));
    let translator = Translator::new(Encoder::new(sink, settings.options.clone()));
    let mut session = Session {
        running,
        settings,
        translator,
        records: Records::new(),
        starts: 0,
        flushed: Instant::now(),
        ticked: Instant::now(),
        dumped: None,
        owes: false,
        tasks_dumped: None,
        counted: 0,
        segment: None,
        pass: 0,
    };
    // Before anything is recorded, so that all of it is there.
    session.outlive();
    let thread = std::thread::Builder::new().name("sw-record".into()).spawn(move || session.run())?;
    shared.set_thread(thread.thread());
    Ok(())
}

struct Session {
    // Dropped before the translator would be: see `run`.
    running: Running,
    settings: Settings,
    translator: Translator<Sink>,
    records: Records,
    /// The starts that were seen.
    starts: u64,
    flushed: Instant,
    ticked: Instant,
    dumped: Option<Instant>,
    /// Whether the writer has not taken all of the last dump: it is tried again.
    owes: bool,
    /// When it was written down where tasks wait, for something that had happened.
    tasks_dumped: Option<Instant>,
    /// Events that were counted.
    counted: u64,
    /// The memory that outlives the process.
    segment: Option<&'static Segment>,
    /// The ring's pass of which all is in the recording's blocks once they are closed.
    pass: u64,
}

impl Session {
    fn run(mut self) {
        let _suppressed = span::suppress();
        chunks::ring().prepare(AHEAD);
        self.adopt();
        let mut wait = SHORTEST_WAIT;
        loop {
            // Who asks from now on gets what another look at the ring finds.
            #[cfg(feature = "console")]
            let copies = std::mem::take(&mut self.running.0.asked().copies);
            let (wanted, starts, stop, triggers, dump_tasks) = {
                let mut asked = self.running.0.asked();
                let (triggers, dump) =
                    (Shared::take_triggers(&mut asked), std::mem::take(&mut asked.dump_tasks));
                (asked.wanted, asked.starts, asked.stop, triggers, dump)
            };
            let is_asked = stop.is_some()
                || dump_tasks
                || !triggers.is_empty()
                || self.running.0.asked().is_waited_for(wanted);
            #[cfg(feature = "console")]
            let is_asked = is_asked || !copies.is_empty();
            self.translator.set_clock();
            if starts != self.starts {
                self.begin(starts);
            }
            let blocks = self.translator.encoder.writer().blocks;
            let (found, is_whole) = self.pass(is_asked);
            // Who waits for more goes on doing so.
            let reached = if is_whole { wanted } else { 0 };
            chunks::ring().prepare(AHEAD);
            if dump_tasks {
                waits::write(&mut self.translator, Duration::ZERO, self.settings.stop_workers);
            }
            triggers.into_iter().for_each(|trigger| self.trigger(&trigger));
            let is_late = self.flushed.elapsed() >= self.settings.delay;
            // What is in a block, and in the ring as not recorded yet, is there twice after a kill.
            let has_block = self.translator.encoder.writer().blocks != blocks;
            if is_asked || is_late || has_block || self.is_ring_full() {
                self.flush();
            }
            #[cfg(feature = "console")]
            self.copy(copies);
            if self.ticked.elapsed() >= TICK {
                self.tick();
            }
            self.account();
            if stop.is_some_and(|until| is_whole || Instant::now() >= until) {
                if self.owes {
                    self.dump();
                }
                return self.end(reached);
            }
            let asked_again = self.running.0.handed(reached, self.starts);
            wait = if found { SHORTEST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            if !asked_again {
                std::thread::park_timeout(wait);
            }
        }
    }

    /// Sees to it that this process leaves something where it is killed.
    fn outlive(&mut self) {
        let Some(memory) = &self.settings.memory else { return };
        let block_bytes = self.settings.kept.map_or(0, |kept| kept.bytes);
        let ring_bytes = chunks::ring().usage().0.max(RING_BYTES);
        match memory.open(ring_bytes, block_bytes) {
            Ok(segment) => {
                self.translator.encoder.writer_mut().set_blocks(segment.blocks());
                self.segment = Some(segment);
                chunks::ring().hold(true);
            }
            Err(error) => self.running.0.set_mortal(Some(error)),
        }
    }

    /// Writes what was left by processes that were killed.
    fn adopt(&mut self) {
        let Some(memory) = self.settings.memory.clone() else { return };
        let sink = self.translator.encoder.writer_mut();
        memory.adopt(sink, &self.settings.options, &self.running.0);
    }

    /// Whether much of the ring waits for blocks to be closed.
    fn is_ring_full(&self) -> bool {
        self.segment.is_some() && chunks::ring().held_bytes() > chunks::ring().usage().0 / 4
    }

    /// Says what a recording is to know, whenever it is switched on.
    fn begin(&mut self, starts: u64) {
        let at = self.translator.now();
        if self.starts != 0 {
            self.translator.write(0, at, &Gap { lost: 0, why: Missing::Paused });
        }
        self.starts = starts;
        let Settings { service, version, .. } = &self.settings;
        let process = identity::process(service, version);
        if let Some(segment) = self.segment {
            identity::leave_process(segment, &process);
        }
        self.translator.write(0, at, &process);
        runtimes::all().iter().for_each(|runtime| self.runtime(at, runtime));
        let threads = events::lanes().into_iter().map(events::Lane::facts);
        // One may have ended meanwhile, and its lane be another's.
        threads.filter(|facts| facts.number != 0).for_each(|facts| self.translator.thread(at, &facts));
    }

    /// Says what a runtime is.
    fn runtime(&mut self, at: u64, runtime: &Recorded) {
        let runtime = runtime.event();
        if self.segment.is_some() {
            identity::leave_runtime(&runtime);
        }
        self.translator.write(0, at, &runtime);
    }

    /// Writes what has been recorded since the last pass; whether there was anything, and whether `all` that came before now is written,
    /// where that is asked for: a pipeline may not have got to it.
    fn pass(&mut self, all: bool) -> (bool, bool) {
        let before = self.translator.count;
        for runtime in runtimes::take_new() {
            let at = self.translator.now();
            self.runtime(at, &runtime);
        }
        let own = chunks::ring().reader();
        let is_whole = own.is_some() || !all || feed::wait_for_pass(LONGEST_WAIT * 2);
        let (left_behind, pass) = feed::swap(&mut self.records);
        self.pass = self.pass.max(pass);
        if let Some(mut reader) = own {
            chunks::ring().set_waker(Some(std::thread::current()));
            // Behind what a pipeline that has ended left.
            self.pass = reader.read(|record| self.records.push(record));
            clock::recalibrate();
        }
        self.lose(left_behind, Why::QueueFull);
        self.lose(events::take_lost(), Why::RingFull);
        for facts in events::untold_threads().into_iter().flatten() {
            let at = self.translator.now();
            self.translator.thread(at, &facts);
        }
        for record in self.records.iter() {
            self.translator.record(&record);
        }
        self.records.clear();
        (self.translator.count != before, is_whole)
    }

    /// Says that events are missing here.
    fn lose(&mut self, lost: u64, why: Why) {
        if lost > 0 {
            let at = self.translator.now();
            self.translator.write(0, at, &Gap { lost, why: Missing::Full });
            RecorderMetrics::global().events_lost_total.with(why).add(lost);
            self.running.0.lost.fetch_add(lost, Ordering::Relaxed);
        }
    }

    /// Notes what has happened, and keeps what came before, unless that was done not long ago.
    fn trigger(&mut self, trigger: &Trigger) {
        RecorderMetrics::global().triggers_total.inc();
        let at = self.translator.now();
        self.translator.write(trigger.thread, at, &trigger.event());
        let bound =
            self.settings.task_dumps.filter(|_| self.tasks_dumped.is_none_or(|at| at.elapsed() >= TICK));
        if let Some(bound) = bound {
            self.tasks_dumped = Some(Instant::now());
            waits::write(&mut self.translator, bound, self.settings.stop_workers);
        }
        let is_quiet = self.dumped.is_some_and(|dumped| dumped.elapsed() < self.settings.quiet);
        if self.settings.kept.is_none() || is_quiet {
            return;
        }
        self.flush();
        self.dumped = Some(Instant::now());
        self.dump();
    }

    /// Writes what a flight recorder keeps.
    fn dump(&mut self) {
        match self.translator.encoder.writer_mut().dump() {
            Ok(()) => {
                self.owes = false;
                RecorderMetrics::global().dumps_total.inc();
                self.running.0.dumps.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                self.owes = true;
                self.fail(&error);
            }
        }
    }

    fn flush(&mut self) {
        self.flushed = Instant::now();
        if let Err(error) = self.translator.encoder.flush() {
            self.fail(&error);
        }
        let Some(segment) = self.segment else { return };
        // What could not be written is lost, and said to be: it would be lost the next time too.
        chunks::ring().set_recorded(self.pass);
        let full = || format!("`{}` has no room for all of it", segment.path().display());
        self.running.0.set_mortal(segment.is_full().then(full));
        segment.refresh();
    }

    /// Gives copies of what is kept to who has asked for some.
    #[cfg(feature = "console")]
    fn copy(&self, wanted: Vec<super::copy::Copy>) {
        for copy in wanted {
            let bytes = self.translator.encoder.writer().copy(copy.time);
            // Who asked may have given up.
            let _ = copy.to.send(bytes);
        }
    }

    /// Has the writer do what is due by the clock, also where nothing happens.
    fn tick(&mut self) {
        self.ticked = Instant::now();
        if self.owes {
            self.dump();
        }
        let now = self.translator.now();
        if let Err(error) = self.translator.encoder.tick(now) {
            self.fail(&error);
        }
    }

    fn fail(&self, error: &io::Error) {
        self.running.0.set_failing(Some(error.to_string()));
    }

    /// Counts what was recorded.
    fn account(&mut self) {
        let new = self.translator.count - self.counted;
        self.counted = self.translator.count;
        RecorderMetrics::global().events_total.add(new);
        self.running.0.events.fetch_add(new, Ordering::Relaxed);
        // The writer's own words are noted where it is called.
        self.translator.failed = None;
    }

    fn end(self, wanted: u64) {
        let Self { running, mut translator, segment, starts, .. } = self;
        // All was handed to the writer, whose end may take longer than the process has: uploads are waited for.
        if let Some(segment) = segment {
            chunks::ring().hold(false);
            segment.close();
            translator.encoder.writer_mut().free_blocks();
        }
        if let Err(error) = translator.encoder.finish() {
            running.0.set_failing(Some(error.to_string()));
        }
        if let Some(reader) = chunks::ring().reader() {
            // It was this thread, or nobody.
            chunks::ring().set_waker(None);
            drop(reader);
        }
        running.0.handed(wanted, starts);
    }
}
