//! One exporter: its queue, and its thread.
//!
//! Batches are shared between exporters; a queue holds references to them, and counts what is in them. What does not fit is
//! dropped and counted, by item. What could not be delivered now is tried again until the end, while the queue fills. Nobody waits for an exporter but who asks for a flush.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::data::{Arena, EventBatch, EventHead, EventRef, Link, SpanBatch, SpanHead, SpanRef};
use super::settings::QueueSettings;
use crate::export::{ExportError, LogExporter, SpanExporter};
use crate::own_metrics::{Lost, OwnMetrics};
use crate::telemetry;

/// The first and the longest time until what could not be delivered is tried again.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What an exporter takes.
pub(super) trait Batch: Send + Sync + 'static {
    /// What a batch is made of, as its exporters see it.
    type Item<'a>: Copy;
    /// What takes them.
    type Exporter: ?Sized + Send + 'static;

    fn name(exporter: &Self::Exporter) -> &'static str;
    fn items(&self) -> impl ExactSizeIterator<Item = Self::Item<'_>>;
    /// An empty one, with room for as much as is in this one.
    fn with_room_of(other: &Self) -> Self;
    /// The memory that it has.
    fn bytes(&self) -> usize;
    fn export(
        exporter: &mut Self::Exporter,
        items: &[Self::Item<'_>],
        timeout: Duration,
    ) -> Result<(), ExportError>;
    /// Counts items that were dropped.
    fn lose(why: Lost, items: u64);
    /// Counts items that were delivered.
    fn delivered(items: u64);
}

impl Batch for SpanBatch {
    type Item<'a> = SpanRef<'a>;
    type Exporter = dyn SpanExporter;

    fn name(exporter: &Self::Exporter) -> &'static str {
        exporter.name()
    }

    fn items(&self) -> impl ExactSizeIterator<Item = SpanRef<'_>> {
        self.iter()
    }

    fn with_room_of(other: &Self) -> Self {
        Self {
            heads: Vec::with_capacity(other.heads.len()),
            events: Vec::with_capacity(other.events.len()),
            links: Vec::with_capacity(other.links.len()),
            arena: Arena::with_room_of(&other.arena),
        }
    }

    fn bytes(&self) -> usize {
        let heads = self.heads.capacity() * size_of::<SpanHead>();
        let events = self.events.capacity() * size_of::<EventHead>();
        heads + events + self.links.capacity() * size_of::<Link>() + self.arena.bytes()
    }

    fn export(
        exporter: &mut Self::Exporter,
        spans: &[SpanRef<'_>],
        timeout: Duration,
    ) -> Result<(), ExportError> {
        exporter.export(spans, timeout)
    }

    fn lose(why: Lost, spans: u64) {
        OwnMetrics::global().spans_dropped_total.with(why).add(spans);
    }

    fn delivered(spans: u64) {
        OwnMetrics::global().spans_exported_total.add(spans);
    }
}

impl Batch for EventBatch {
    type Item<'a> = EventRef<'a>;
    type Exporter = dyn LogExporter;

    fn name(exporter: &Self::Exporter) -> &'static str {
        exporter.name()
    }

    fn items(&self) -> impl ExactSizeIterator<Item = EventRef<'_>> {
        self.iter()
    }

    fn with_room_of(other: &Self) -> Self {
        let heads = Vec::with_capacity(other.heads.len());
        Self { heads, arena: Arena::with_room_of(&other.arena) }
    }

    fn bytes(&self) -> usize {
        self.heads.capacity() * size_of::<EventHead>() + self.arena.bytes()
    }

    fn export(
        exporter: &mut Self::Exporter,
        events: &[EventRef<'_>],
        timeout: Duration,
    ) -> Result<(), ExportError> {
        exporter.export(events, timeout)
    }

    fn lose(why: Lost, events: u64) {
        OwnMetrics::global().log_records_dropped_total.with(why).add(events);
    }

    fn delivered(events: u64) {
        OwnMetrics::global().log_records_exported_total.add(events);
    }
}

/// An exporter's queue. The thread that empties it ends when it is stopped and empty.
#[derive(Debug)]
pub(super) struct Queue<B> {
    state: Mutex<State<B>>,
    /// Wakes the thread.
    work: Condvar,
    /// Wakes those who wait for the queue to be worked off.
    done: Condvar,
    settings: QueueSettings,
    /// The most memory of what waits or is being exported, and one batch.
    most_bytes: usize,
    name: &'static str,
}

#[derive(Debug)]
struct State<B> {
    /// What waits, and how many of each batch.
    batches: VecDeque<(Arc<B>, usize)>,
    waiting: usize,
    /// The memory of what waits or is being exported.
    bytes: usize,
    /// How many were ever taken in, and how many of them are done with.
    accepted: u64,
    finished: u64,
    /// How many were lost since a flush last asked.
    lost: u64,
    /// How many found no room since it was last said.
    refused: u64,
    /// Nothing waits for a better time any more.
    ending: bool,
    stop: bool,
    running: bool,
}

impl<B: Batch> Queue<B> {
    /// Starts a thread for `exporter`.
    pub(super) fn start(
        settings: QueueSettings,
        most_bytes: usize,
        exporter: Box<B::Exporter>,
    ) -> io::Result<Arc<Self>> {
        let state = State {
            batches: VecDeque::new(),
            waiting: 0,
            bytes: 0,
            accepted: 0,
            finished: 0,
            lost: 0,
            refused: 0,
            ending: false,
            stop: false,
            running: true,
        };
        let name = B::name(&exporter);
        let (work, done) = (Condvar::new(), Condvar::new());
        let queue = Arc::new(Self { state: Mutex::new(state), work, done, settings, most_bytes, name });
        let its = Arc::clone(&queue);
        // Linux cuts a thread's name after 15 bytes.
        std::thread::Builder::new().name(format!("sw-{name}")).spawn(move || its.run(exporter))?;
        Ok(queue)
    }

    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in as many of the batch's items as there is room for.
    pub(super) fn push(&self, batch: &Arc<B>) {
        let all = batch.items().len();
        let mut state = self.state();
        let is_open = state.running && state.bytes < self.most_bytes;
        let room = if is_open { self.settings.queue.saturating_sub(state.waiting) } else { 0 };
        let taken = all.min(room);
        let refused = (all - taken) as u64;
        state.refused += refused;
        state.lost += refused;
        if taken > 0 {
            state.batches.push_back((Arc::clone(batch), taken));
            state.waiting += taken;
            // Exporters share batches, but each may be the last to have it.
            state.bytes += batch.bytes();
            state.accepted += taken as u64;
            self.work.notify_one();
        }
        drop(state);
        if refused > 0 {
            B::lose(Lost::QueueFull, refused);
        }
    }

    /// Waits until all that is there now is done with; `true` when that was before `deadline`, and nothing was lost.
    pub(super) fn flush(&self, deadline: Instant) -> bool {
        let state = self.state();
        let wanted = state.accepted;
        let is_waiting = |state: &mut State<B>| state.running && state.finished < wanted;
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.done.wait_timeout_while(state, left, is_waiting);
        let (mut state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        let lost = std::mem::take(&mut state.lost);
        !result.timed_out() && lost == 0 && state.finished >= wanted
    }

    /// From here on each batch is tried once.
    pub(super) fn end(&self) {
        self.state().ending = true;
        self.work.notify_one();
    }

    /// Lets the thread end once the queue is empty.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        (state.stop, state.ending) = (true, true);
        self.work.notify_one();
    }

    /// How many wait or are being exported.
    pub(super) fn pending(&self) -> u64 {
        let state = self.state();
        state.accepted - state.finished
    }

    /// How many may be [`pending`](Self::pending): a whole queue, and the batch that is being exported.
    pub(super) fn limit(&self) -> usize {
        self.settings.queue + self.settings.batch
    }

    /// How many found no room since this was last asked, and how many there is room for.
    pub(super) fn take_refused(&self) -> (u64, usize) {
        (std::mem::take(&mut self.state().refused), self.settings.queue)
    }

    /// The exporter's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    fn run(&self, mut exporter: Box<B::Exporter>) {
        let _suppressed = super::suppress();
        let _running = Running(self);
        let mut batches = Vec::new();
        while let Some(count) = self.next(&mut batches) {
            let lost = self.deliver(&mut exporter, &batches);
            B::delivered((count - lost) as u64);
            if lost > 0 {
                B::lose(Lost::Export, lost as u64);
            }
            let bytes: usize = batches.iter().map(|(batch, _)| batch.bytes()).sum();
            batches.clear();
            let mut state = self.state();
            state.bytes -= bytes;
            state.finished += count as u64;
            state.lost += lost as u64;
            self.done.notify_all();
        }
    }

    /// Takes what is exported next into `batches`, and tells how many items that is; nothing when all is over.
    fn next(&self, batches: &mut Vec<(Arc<B>, usize)>) -> Option<usize> {
        let is_idle = |state: &mut State<B>| state.batches.is_empty() && !state.stop;
        let mut state = self.work.wait_while(self.state(), is_idle).unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        while let Some((_, items)) = state.batches.front() {
            if count > 0 && count + items > self.settings.batch {
                break;
            }
            count += items;
            batches.extend(state.batches.pop_front());
        }
        state.waiting -= count;
        (count > 0).then_some(count)
    }

    /// Exports, again and again where that can help and the end does not come; how many were lost. Meanwhile the queue fills.
    fn deliver(&self, exporter: &mut B::Exporter, batches: &[(Arc<B>, usize)]) -> usize {
        let items: Vec<_> = batches.iter().flat_map(|(batch, count)| batch.items().take(*count)).collect();
        let mut wait = FIRST_WAIT;
        loop {
            // An exporter may be anybody's code, and its end must not be ours.
            let export = || B::export(exporter, &items, self.settings.export_timeout);
            let exported = catch_unwind(AssertUnwindSafe(export));
            let panicked = |_| Err(ExportError::lost(items.len(), "the exporter panicked"));
            let Err(error) = exported.unwrap_or_else(panicked) else { return 0 };
            let lost = error.lost.min(items.len());
            if !(error.retry && lost == items.len() && self.may_wait(wait)) {
                telemetry::report(&format!("exporter `{}`: {error}", self.name));
                return lost;
            }
            telemetry::report(&format!(
                "exporter `{}`: {lost} are kept for later: {}",
                self.name, error.reason
            ));
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Waits, but not beyond the end; `false` where that has come already.
    fn may_wait(&self, wait: Duration) -> bool {
        let state = self.state();
        if state.ending {
            return false;
        }
        drop(self.work.wait_timeout_while(state, wait, |state| !state.ending));
        true
    }
}

/// Says that the thread runs, until it is dropped: at the thread's end, whatever ended it.
struct Running<'a, B: Batch>(&'a Queue<B>);

impl<B: Batch> Drop for Running<'_, B> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        // What comes from here on finds no room.
        state.running = false;
        let rest = std::mem::take(&mut state.waiting) as u64;
        state.lost += rest;
        state.batches.clear();
        self.0.done.notify_all();
        drop(state);
        if rest > 0 {
            B::lose(Lost::QueueFull, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::SpanData;
    use std::sync::mpsc;

    const SETTINGS: QueueSettings =
        QueueSettings { queue: 5, batch: 3, delay: Duration::ZERO, export_timeout: Duration::from_secs(1) };

    fn batch(spans: usize) -> Arc<SpanBatch> {
        Arc::new((0..spans).map(|_| SpanData::default()).collect())
    }

    /// More memory than these batches have.
    const ENOUGH: usize = 1 << 20;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    /// Does as it is told, once for each export.
    struct Told {
        orders: mpsc::Receiver<Result<(), usize>>,
        exported: mpsc::Sender<usize>,
    }

    impl SpanExporter for Told {
        fn name(&self) -> &'static str {
            "told"
        }

        fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
            let _ = self.exported.send(spans.len());
            let order = self.orders.recv().unwrap_or(Ok(()));
            order.map_err(|lost| ExportError::lost(lost, "as told"))
        }
    }

    type Orders = mpsc::Sender<Result<(), usize>>;

    fn told() -> (Arc<Queue<SpanBatch>>, Orders, mpsc::Receiver<usize>) {
        let ((order, orders), (exported, sizes)) = (mpsc::channel(), mpsc::channel());
        let queue =
            Queue::start(SETTINGS, ENOUGH, Box::new(Told { orders, exported }) as Box<dyn SpanExporter>);
        (queue.unwrap(), order, sizes)
    }

    #[test]
    fn a_slow_exporter_keeps_what_its_queue_can_hold_and_counts_the_rest() {
        let (queue, order, sizes) = told();
        queue.push(&batch(1));
        assert_eq!(sizes.recv(), Ok(1), "the exporter is busy from here on");
        for _ in 0..3 {
            queue.push(&batch(2));
        }
        assert_eq!(queue.take_refused(), (1, 5));
        assert_eq!(queue.pending(), 6);
        assert!(!queue.flush(Instant::now()), "nobody waits longer than asked");
        (0..4).for_each(|_| order.send(Ok(())).unwrap());
        assert!(queue.flush(soon()));
        assert_eq!(sizes.try_iter().collect::<Vec<_>>(), [2, 3], "batches are put together up to their size");
        queue.stop();
    }

    #[test]
    fn what_waits_has_a_bound_in_bytes_too() {
        let ((order, orders), (exported, sizes)) = (mpsc::channel(), mpsc::channel());
        let exporter = Box::new(Told { orders, exported }) as Box<dyn SpanExporter>;
        let queue: Arc<Queue<SpanBatch>> = Queue::start(SETTINGS, batch(1).bytes() + 1, exporter).unwrap();
        (0..3).for_each(|_| queue.push(&batch(1)));
        assert_eq!(queue.take_refused(), (1, 5), "there was room for five, but not for what they hold");
        (0..2).for_each(|_| order.send(Ok(())).unwrap());
        queue.flush(soon());
        queue.push(&batch(1));
        order.send(Ok(())).unwrap();
        assert!(queue.flush(soon()), "there is room again");
        assert_eq!(sizes.try_iter().sum::<usize>(), 3);
        queue.stop();
    }

    #[test]
    fn what_an_exporter_gives_up_is_told_to_the_flush() {
        let (queue, order, _sizes) = told();
        queue.push(&batch(3));
        order.send(Err(2)).unwrap();
        assert!(!queue.flush(soon()));
        queue.push(&batch(1));
        order.send(Ok(())).unwrap();
        assert!(queue.flush(soon()), "once");
        queue.stop();
    }

    #[test]
    fn an_exporter_that_panics_loses_its_batch_and_nothing_else() {
        struct Panics(u8);
        impl SpanExporter for Panics {
            fn name(&self) -> &'static str {
                "panics"
            }
            fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
                self.0 += 1;
                assert!(self.0 > 1, "on purpose");
                Ok(())
            }
        }
        let queue = Queue::start(SETTINGS, ENOUGH, Box::new(Panics(0)) as Box<dyn SpanExporter>).unwrap();
        queue.push(&batch(1));
        assert!(!queue.flush(soon()));
        queue.push(&batch(1));
        assert!(queue.flush(soon()));
        queue.stop();
    }

    #[test]
    fn what_can_be_delivered_later_is_kept_until_the_end() {
        struct Later(mpsc::Receiver<()>);
        impl SpanExporter for Later {
            fn name(&self) -> &'static str {
                "later"
            }
            fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
                self.0.try_recv().map_err(|_| ExportError::later(spans.len(), "not yet"))
            }
        }
        let (back, later) = mpsc::channel();
        let queue = Queue::start(SETTINGS, ENOUGH, Box::new(Later(later)) as Box<dyn SpanExporter>).unwrap();
        queue.push(&batch(2));
        assert!(!queue.flush(Instant::now()));
        back.send(()).unwrap();
        assert!(queue.flush(soon()), "it was kept");
        queue.push(&batch(2));
        queue.end();
        assert!(!queue.flush(soon()), "and is given up at the end");
        assert_eq!(queue.pending(), 0);
    }

    #[test]
    fn a_stopped_queue_is_emptied_first_and_takes_nothing_then() {
        let (queue, order, sizes) = told();
        queue.push(&batch(1));
        queue.push(&batch(2));
        queue.stop();
        (0..2).for_each(|_| order.send(Ok(())).unwrap());
        assert!(queue.flush(soon()));
        while queue.state().running {
            std::thread::yield_now();
        }
        assert_eq!(sizes.try_iter().sum::<usize>(), 3);
        queue.push(&batch(1));
        assert_eq!(queue.take_refused().0, 1);
    }
}
