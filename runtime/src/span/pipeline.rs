//! From the ring to the exporters' queues.
//!
//! One thread reads the ring, puts spans and events together ([`assembly`](super::assembly)) and into batches, and gives
//! each batch to all exporters' [queues](super::worker). It looks at the ring every few milliseconds while there is work, and
//! less and less often while there is none; it is woken when an eighth of the ring is full, and by who flushes.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use spanwright_core::chunks::{self, Kind, Reader, Record};
use spanwright_core::clock::{self, Wall};
use spanwright_core::descriptor::Level;
use spanwright_core::events;
use spanwright_core::slots::record_flags;

use super::assembly::{Assembly, Events};
use super::data::{EventBatch, SpanBatch};
use super::decode::Decoder;
use super::recording::{IMMEDIATE, LOGS, LOST, REFUSED, SPANS, forget_refused, set_mode};
use super::settings::{PipelineSettings, QueueSettings};
#[cfg(feature = "console")]
use super::tap::Tap;
use super::tap::{TapSlot, Tapped};
use super::worker::Queue;
use crate::export::deadline::after;
use crate::export::{LogExporter, SpanExporter};
use crate::telemetry;

/// The shortest and the longest time between two looks at the ring.
const SHORTEST_WAIT: Duration = Duration::from_millis(2);
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// Passes after one that has found something.
const PASSES: usize = 3;
/// How long a batch waits at most while somebody looks.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// What takes spans and events.
#[derive(Default)]
pub(crate) struct Exporters {
    pub(crate) spans: Vec<Box<dyn SpanExporter>>,
    pub(crate) logs: Vec<Box<dyn LogExporter>>,
}

/// The right to flush and stop the pipeline of this process.
#[derive(Clone, Debug)]
pub(crate) struct PipelineHandle {
    /// Nothing where there are no exporters.
    shared: Option<Arc<Shared>>,
    #[cfg(feature = "console")]
    settings: Arc<PipelineSettings>,
}

/// What the pipeline's thread and its handle have in common.
#[derive(Debug)]
struct Shared {
    spans: Vec<Arc<Queue<SpanBatch>>>,
    logs: Vec<Arc<Queue<EventBatch>>>,
    /// Who looks.
    tap: TapSlot,
    ring_variable: String,
    asked: Mutex<Asked>,
    /// Wakes those who wait for a pass.
    done: Condvar,
}

#[derive(Debug)]
struct Asked {
    /// How often all that is in the ring was asked for, and how often it was handed over.
    wanted: u64,
    handed: u64,
    stop: bool,
    running: bool,
    thread: Option<Thread>,
}

/// Starts recording spans for `exporters`. Without any, spans are recorded for the logs' sake and end with their calls.
///
/// # Errors
/// When a pipeline runs already, or a thread can't be started.
pub(crate) fn start(settings: PipelineSettings, exporters: Exporters) -> io::Result<PipelineHandle> {
    if exporters.spans.is_empty() && exporters.logs.is_empty() {
        super::set_active(true);
        return Ok(PipelineHandle::new(None, settings));
    }
    let mut mode = SPANS;
    mode |= if exporters.logs.is_empty() { 0 } else { LOGS };
    mode |= if settings.recording.immediate { IMMEDIATE } else { 0 };
    let shared = launch(settings.clone(), exporters, TapSlot::default())?;
    set_mode(mode);
    super::set_active(true);
    Ok(PipelineHandle::new(Some(shared), settings))
}

/// Starts the threads, which take whatever is recorded.
fn launch(settings: PipelineSettings, exporters: Exporters, tap: TapSlot) -> io::Result<Arc<Shared>> {
    let ring = chunks::ring();
    ring.set_limit(settings.recording.ring_bytes);
    let reader = reader().ok_or_else(|| io::Error::other("a span pipeline runs already"))?;
    let asked = Asked { wanted: 0, handed: 0, stop: false, running: true, thread: None };
    let mut shared = Shared {
        spans: Vec::new(),
        logs: Vec::new(),
        tap,
        ring_variable: settings.ring_variable.clone(),
        asked: Mutex::new(asked),
        done: Condvar::new(),
    };
    // Should a thread fail to start, those before it must not wait for ever.
    let started = shared.start_queues(&settings, exporters);
    let shared = Arc::new(shared);
    let running = Running { shared: Arc::clone(&shared), reader: Some(reader) };
    started?;
    let thread = std::thread::Builder::new().name("sw-drain".into());
    let joined = thread.spawn(move || Drain::new(running, settings).run())?;
    ring.set_waker(Some(joined.thread().clone()));
    shared.asked().thread = Some(joined.thread().clone());
    forget_refused();
    Ok(shared)
}

/// The right to read the ring. The recorder reads it where no pipeline does, for a moment at a time.
fn reader() -> Option<Reader<'static>> {
    let until = Instant::now() + Duration::from_secs(1);
    loop {
        let reader = chunks::ring().reader();
        if reader.is_some() || !events::is_on() || Instant::now() >= until {
            return reader;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl PipelineHandle {
    #[cfg_attr(not(feature = "console"), allow(unused_variables, reason = "who looks needs them"))]
    fn new(shared: Option<Arc<Shared>>, settings: PipelineSettings) -> Self {
        Self {
            shared,
            #[cfg(feature = "console")]
            settings: Arc::new(settings),
        }
    }

    /// Exports what has finished until now; `true` when all of it was delivered within `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        let Some(shared) = &self.shared else { return true };
        let deadline = after(timeout);
        let handed = shared.hand_over(deadline);
        let spans = shared.spans.iter().map(|queue| queue.flush(deadline)).fold(true, |all, one| all & one);
        let logs = shared.logs.iter().map(|queue| queue.flush(deadline)).fold(true, |all, one| all & one);
        let lost = LOST.swap(0, Ordering::Relaxed);
        shared.report_refused();
        handed && spans && logs && lost == 0
    }

    /// Says what is lost where the program ends now.
    pub(crate) fn report_undelivered(&self, timeout: Duration) {
        let Some(shared) = &self.shared else { return };
        let say = |pending, what, name| {
            if pending > 0 {
                telemetry::report(&format!(
                    "{pending} {what} are not delivered: the end waited {timeout:?} for the exporter `{name}`"
                ));
            }
        };
        shared.spans.iter().for_each(|queue| say(queue.pending(), "spans", queue.name()));
        shared.logs.iter().for_each(|queue| say(queue.pending(), "log records", queue.name()));
        shared.report_refused();
    }

    /// Calls `each` with what every queue is for, its exporter's name, how much is in it, and how much may be.
    pub(crate) fn for_each_queue(&self, mut each: impl FnMut(&'static str, &'static str, u64, usize)) {
        let Some(shared) = &self.shared else { return };
        shared.spans.iter().for_each(|queue| each("spans", queue.name(), queue.pending(), queue.limit()));
        shared.logs.iter().for_each(|queue| each("logs", queue.name(), queue.pending(), queue.limit()));
    }

    /// Shows all spans and events to `tap` too, until what is returned is dropped. Where there are no exporters, they are recorded
    /// for its sake alone.
    ///
    /// # Errors
    /// When a thread can't be started.
    #[cfg(feature = "console")]
    pub(crate) fn tap(&self, tap: Arc<Tap>) -> io::Result<Looking> {
        let (shared, is_own) = if let Some(shared) = &self.shared {
            shared.tap.set(Some(tap));
            shared.ask(|_| {});
            (Arc::clone(shared), false)
        } else {
            let slot = TapSlot::default();
            slot.set(Some(tap));
            (launch(PipelineSettings::clone(&self.settings), Exporters::default(), slot)?, true)
        };
        super::recording::for_console(true);
        Ok(Looking { shared, is_own })
    }

    /// Stops recording, and exports what has finished; `true` when all of it was delivered within `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        super::set_active(false);
        let Some(shared) = &self.shared else { return true };
        let deadline = after(timeout);
        shared.spans.iter().for_each(|queue| queue.end());
        shared.logs.iter().for_each(|queue| queue.end());
        let delivered = self.flush(timeout);
        set_mode(0);
        shared.stop(deadline);
        delivered
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_queues(&mut self, settings: &PipelineSettings, exporters: Exporters) -> io::Result<()> {
        let most_bytes = settings.memory.waiting / (exporters.spans.len() + exporters.logs.len()).max(1);
        for exporter in exporters.spans {
            self.spans.push(Queue::start(settings.spans, most_bytes, exporter)?);
        }
        for exporter in exporters.logs {
            self.logs.push(Queue::start(settings.logs, most_bytes, exporter)?);
        }
        Ok(())
    }

    /// Ends the thread, which stops the queues after what it still finds. The next pipeline can start once it has ended.
    fn stop(&self, deadline: Instant) {
        self.ask(|asked| asked.stop = true);
        let left = deadline.saturating_duration_since(Instant::now()).max(SHORTEST_WAIT);
        drop(self.done.wait_timeout_while(self.asked(), left, |asked| asked.running));
    }

    fn ask(&self, what: impl FnOnce(&mut Asked)) {
        let mut asked = self.asked();
        what(&mut asked);
        if let Some(thread) = &asked.thread {
            thread.unpark();
        }
    }

    /// Waits until all that is in the ring now is in the queues.
    fn hand_over(&self, deadline: Instant) -> bool {
        let mut mine = 0;
        self.ask(|asked| {
            asked.wanted += 1;
            mine = asked.wanted;
        });
        let left = deadline.saturating_duration_since(Instant::now());
        let is_waiting = |asked: &mut Asked| asked.running && asked.handed < mine;
        let waited = self.done.wait_timeout_while(self.asked(), left, is_waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.handed >= mine
    }

    /// Says how many found no room since it was last said.
    fn report_refused(&self) {
        let refused = REFUSED.swap(0, Ordering::Relaxed);
        if refused > 0 {
            let (limit, _) = chunks::ring().usage();
            let variable = &self.ring_variable;
            telemetry::report(&format!(
                "{refused} spans and events were dropped, since the ring buffer of {limit} bytes was full: sample, or \
                 raise `{variable}`"
            ));
        }
        let say = |(refused, capacity): (u64, usize), what, name, variable| {
            if refused > 0 {
                telemetry::report(&format!(
                    "{refused} {what} were dropped, since the queue of {capacity} before the exporter `{name}` was \
                     full: sample, or raise `{variable}`, and the memory limit where that is reached"
                ));
            }
        };
        for queue in &self.spans {
            say(queue.take_refused(), "spans", queue.name(), "OTEL_BSP_MAX_QUEUE_SIZE");
        }
        for queue in &self.logs {
            say(queue.take_refused(), "log records", queue.name(), "OTEL_BLRP_MAX_QUEUE_SIZE");
        }
    }
}

/// Somebody looks, until it is dropped.
#[cfg(feature = "console")]
#[derive(Debug)]
pub(crate) struct Looking {
    shared: Arc<Shared>,
    /// Whether the pipeline is there for that alone.
    is_own: bool,
}

#[cfg(feature = "console")]
impl Drop for Looking {
    fn drop(&mut self) {
        super::recording::for_console(false);
        if self.is_own {
            self.shared.stop(after(Duration::from_secs(1)));
        } else {
            self.shared.tap.set(None);
        }
    }
}

/// Says that the pipeline runs, until it is dropped: at its thread's end, whatever ended it.
struct Running {
    shared: Arc<Shared>,
    reader: Option<Reader<'static>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        set_mode(0);
        chunks::ring().set_waker(None);
        // From here on the next pipeline may start.
        self.reader = None;
        self.shared.spans.iter().for_each(|queue| queue.stop());
        self.shared.logs.iter().for_each(|queue| queue.stop());
        self.shared.asked().running = false;
        self.shared.done.notify_all();
    }
}

/// The pipeline's thread.
struct Drain {
    running: Running,
    settings: PipelineSettings,
    assembly: Assembly,
    spans: Filling<SpanBatch>,
    logs: Filling<EventBatch>,
}

/// Whether the record is an event that is logged. An exception is recorded for its span's sake too.
fn is_logged(record: &Record<'_>) -> bool {
    if record.kind() != Some(Kind::Event) {
        return false;
    }
    let is_exception = record.flags & record_flags::EXCEPTION != 0;
    let start = if is_exception { record.span_or_event() } else { None };
    start.is_none_or(|(start, _)| {
        let level = Level::from_number(record.flags >> record_flags::LEVEL_SHIFT);
        super::wants_event(start.spec.target, level)
    })
}

/// A batch that is being filled.
struct Filling<B> {
    batch: B,
    since: Option<Instant>,
    settings: QueueSettings,
}

impl<B: Tapped + Default> Filling<B> {
    fn new(settings: QueueSettings) -> Self {
        Self { batch: B::default(), since: None, settings }
    }

    /// Hands the batch on where it is full, has waited for long enough, or all is asked for.
    fn hand_on(&mut self, queues: &[Arc<Queue<B>>], tap: &TapSlot, all: bool) {
        let count = self.batch.items().len();
        if count == 0 {
            return;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        if all || count >= self.settings.batch || since.elapsed() >= self.delay(tap) {
            self.since = None;
            let next = B::with_room_of(&self.batch);
            let batch = Arc::new(std::mem::replace(&mut self.batch, next));
            queues.iter().for_each(|queue| queue.push(&batch));
            B::show(&batch, tap);
        }
    }

    fn delay(&self, tap: &TapSlot) -> Duration {
        if tap.is_open() { self.settings.delay.min(LOOKED_AT) } else { self.settings.delay }
    }

    /// How long the batch may wait yet.
    fn left(&self, tap: &TapSlot) -> Duration {
        self.since.map_or(LONGEST_WAIT, |since| self.delay(tap).saturating_sub(since.elapsed()))
    }
}

impl Drain {
    fn new(running: Running, settings: PipelineSettings) -> Self {
        let assembly = Assembly::new(
            settings.recording.limits,
            settings.memory.events,
            settings.tail,
            settings.recording.ring_bytes,
        );
        let (spans, logs) = (Filling::new(settings.spans), Filling::new(settings.logs));
        Self { running, settings, assembly, spans, logs }
    }

    fn run(mut self) {
        let _suppressed = super::suppress();
        let mut wait = SHORTEST_WAIT;
        loop {
            let (wanted, stop) = {
                let asked = self.shared().asked();
                (asked.wanted, asked.stop)
            };
            let found = self.pass();
            // A second pass right after it completes the spans of the first, and a third one what their roots decide.
            for _ in 0..PASSES {
                if !self.assembly.is_waiting() {
                    break;
                }
                self.pass();
            }
            if stop {
                self.end();
            }
            let is_asked = stop || self.shared().asked().handed < wanted;
            self.hand_on(is_asked || self.settings.recording.immediate);
            clock::recalibrate();
            self.shared().report_refused();
            {
                let mut asked = self.shared().asked();
                asked.handed = asked.handed.max(wanted);
                self.shared().done.notify_all();
            }
            if stop {
                return;
            }
            wait = if found { SHORTEST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            let asked_again = self.shared().asked().wanted > wanted;
            if self.assembly.is_waiting() {
                wait = SHORTEST_WAIT;
            }
            if !asked_again {
                let tap = &self.shared().tap;
                std::thread::park_timeout(wait.min(self.spans.left(tap)).min(self.logs.left(tap)));
            }
        }
    }

    fn shared(&self) -> &Shared {
        &self.running.shared
    }

    /// Reads the ring once, and hands the spans of the pass before into batches; whether anything was read.
    fn pass(&mut self) -> bool {
        let wall = Wall::now();
        let decoder = Decoder { wall: &wall, limits: &self.settings.recording.limits };
        let (assembly, logs, shared) = (&mut self.assembly, &mut self.logs, &self.running.shared);
        let takes_logs = !shared.logs.is_empty() || shared.tap.is_open();
        let mut found = false;
        let Some(reader) = &mut self.running.reader else { return false };
        #[cfg(feature = "recorder")]
        let mut recorder = crate::recorder::feed();
        let pass = reader.read(|record| {
            found = true;
            #[cfg(feature = "recorder")]
            recorder.take(record);
            if takes_logs && is_logged(record) {
                decoder.event(&mut logs.batch, record);
                if logs.batch.len() >= logs.settings.batch {
                    logs.hand_on(&shared.logs, &shared.tap, true);
                }
            }
            assembly.add(record);
        });
        // Before the spans are decoded, which takes longer.
        #[cfg(feature = "recorder")]
        recorder.passed(pass);
        #[cfg(not(feature = "recorder"))]
        let _ = pass;
        assembly.end_pass(into_batches(&decoder, &mut self.spans, shared));
        logs.hand_on(&shared.logs, &shared.tap, false);
        found
    }

    /// Hands on what was found last, and decides what no root decides any more.
    fn end(&mut self) {
        let wall = Wall::now();
        let decoder = Decoder { wall: &wall, limits: &self.settings.recording.limits };
        self.assembly.end(into_batches(&decoder, &mut self.spans, &self.running.shared));
    }

    fn hand_on(&mut self, all: bool) {
        let shared = &self.running.shared;
        self.spans.hand_on(&shared.spans, &shared.tap, all);
        self.logs.hand_on(&shared.logs, &shared.tap, all);
    }
}

/// Takes whole spans into batches, and hands on those that are full.
fn into_batches(
    decoder: &Decoder<'_>,
    spans: &mut Filling<SpanBatch>,
    shared: &Shared,
) -> impl FnMut(&Record<'_>, Option<&Events>) {
    move |record, events| {
        let records = events.iter().flat_map(|events| events.records.iter());
        let dropped = events.map_or(0, |events| events.dropped);
        decoder.span(&mut spans.batch, record, records, dropped);
        if spans.batch.len() >= spans.settings.batch {
            spans.hand_on(&shared.spans, &shared.tap, true);
        }
    }
}
