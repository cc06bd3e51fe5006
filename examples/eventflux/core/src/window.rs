//! Windows: tumbling and sliding, by the events' time and by their count.
//!
//! Time is that of the events, and goes on with the latest one: a window closes when an event comes that is after it, or when the
//! source ends. So the same events make the same windows, however fast they come.

use std::collections::VecDeque;

use spanwright::{Label, instrument};

use crate::attributes::{
    ATTR_EVENT_COUNT, ATTR_PROCESSOR_TYPE, ATTR_WINDOW_DURATION, ATTR_WINDOW_EVENTS, ATTR_WINDOW_TYPE,
};
use crate::value::Event;

/// How a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
pub enum WindowType {
    /// One window after the other.
    Tumbling,
    /// Windows that overlap.
    Sliding,
}

impl WindowType {
    /// As its label has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::VALUES[Label::index(&self) as usize]
    }
}

/// A window as a query has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowSpec {
    pub(crate) kind: WindowType,
    /// In milliseconds, or events.
    pub(crate) size: u64,
    /// How far one is from the next; the size of a tumbling one.
    pub(crate) step: u64,
    /// Whether it is made of so many events.
    pub(crate) counts: bool,
}

impl WindowSpec {
    fn duration_ms(&self) -> Option<u64> {
        (!self.counts).then_some(self.size)
    }

    fn events(&self) -> Option<u64> {
        self.counts.then_some(self.size)
    }
}

/// The windows of a query that are open.
#[derive(Debug)]
pub struct Window {
    spec: WindowSpec,
    held: VecDeque<Event>,
    /// What that takes.
    bytes: usize,
    /// When the next window closes, once there is one: a time, or a number of events.
    end: Option<u64>,
    /// The latest time of an event, or how many events there were.
    reached: u64,
    /// How many of the events held no window has had yet, the last ones.
    fresh: usize,
    event_count: u64,
    late: u64,
}

impl Window {
    pub(crate) fn new(spec: WindowSpec) -> Self {
        Self {
            spec,
            held: VecDeque::new(),
            bytes: 0,
            end: None,
            reached: 0,
            fresh: 0,
            event_count: 0,
            late: 0,
        }
    }

    /// How many events it has taken.
    #[must_use]
    pub fn get_event_count(&self) -> u64 {
        self.event_count
    }

    pub(crate) fn kind(&self) -> WindowType {
        self.spec.kind
    }

    /// How many events are in open windows.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the events, and not how many there were.
    pub(crate) fn clear(&mut self) {
        *self = Self { event_count: self.event_count, ..Self::new(self.spec) };
    }

    /// How many events were late since this was asked last.
    pub(crate) fn take_late(&mut self) -> u64 {
        std::mem::take(&mut self.late)
    }

    /// Takes events, and gives those windows that are full with them; at the `end`, what is left.
    #[instrument(
        name = "Window Processing",
        target = "eventflux::window",
        fields(
            {ATTR_PROCESSOR_TYPE} = "window",
            {ATTR_WINDOW_TYPE} = self.spec.kind.name(),
            {ATTR_WINDOW_DURATION} = self.spec.duration_ms(),
            {ATTR_WINDOW_EVENTS} = self.spec.events(),
            {ATTR_EVENT_COUNT} = events.len(),
        ),
        metrics(prefix = "processor", labels(processor = "window")),
    )]
    pub(crate) fn process(&mut self, events: Vec<Event>, end: bool) -> Vec<Vec<Event>> {
        self.accumulate(events);
        let is_due = match self.end {
            Some(due) => self.reached >= due || (end && self.fresh > 0),
            None => false,
        };
        if is_due { self.trigger(end) } else { Vec::new() }
    }

    #[instrument(name = "Event Accumulation", target = "eventflux::window", fields({ATTR_EVENT_COUNT} = events.len()))]
    fn accumulate(&mut self, events: Vec<Event>) {
        self.event_count += events.len() as u64;
        let WindowSpec { size, step, counts, .. } = self.spec;
        for event in events {
            if counts {
                self.reached += 1;
                self.end.get_or_insert(size);
            } else {
                let end =
                    *self.end.get_or_insert((event.timestamp / step).saturating_add(1).saturating_mul(step));
                if event.timestamp < end.saturating_sub(size) {
                    self.late += 1;
                    continue;
                }
                self.reached = self.reached.max(event.timestamp);
            }
            self.bytes += event.bytes();
            self.fresh += 1;
            self.held.push_back(event);
        }
    }

    #[instrument(
        name = "Window Trigger",
        target = "eventflux::window",
        fields({ATTR_WINDOW_TYPE} = self.spec.kind.name(), window.closed = Empty)
    )]
    fn trigger(&mut self, end: bool) -> Vec<Vec<Event>> {
        let mut closed = if self.spec.counts { self.close_counted() } else { self.close_timed() };
        if end && self.fresh > 0 {
            closed.push(self.held.drain(..).collect());
            self.fresh = 0;
            (self.bytes, self.end) = (0, None);
        }
        spanwright::record!(window.closed = closed.len());
        closed
    }

    fn close_counted(&mut self) -> Vec<Vec<Event>> {
        let WindowSpec { size, step, .. } = self.spec;
        let mut closed = Vec::new();
        while let Some(end) = self.end.filter(|end| self.reached >= *end) {
            // Events behind the window's end came in at once with its last one.
            let behind = (self.reached - end) as usize;
            let last = self.held.len() - behind;
            let first = last - (size as usize).min(last);
            closed.push(self.held.range(first..last).cloned().collect());
            self.fresh = self.fresh.min(behind);
            self.forget(last - (size.saturating_sub(step) as usize).min(last));
            self.end = Some(end.saturating_add(step));
        }
        closed
    }

    fn close_timed(&mut self) -> Vec<Vec<Event>> {
        let WindowSpec { size, step, .. } = self.spec;
        let mut closed = Vec::new();
        while let Some(end) = self.end.filter(|end| self.reached >= *end) {
            let start = end.saturating_sub(size);
            let within: Vec<Event> =
                self.held.iter().filter(|event| (start..end).contains(&event.timestamp)).cloned().collect();
            let next = if within.is_empty() {
                // Nothing happened for a while: on to the first window that has something.
                let earliest = self.held.iter().map(|event| event.timestamp).min().unwrap_or(self.reached);
                (earliest / step).saturating_add(1).saturating_mul(step).max(end.saturating_add(step))
            } else {
                closed.push(within);
                end.saturating_add(step)
            };
            self.fresh = self.held.iter().filter(|event| event.timestamp >= end).count();
            let open = next.saturating_sub(size);
            self.held.retain(|event| event.timestamp >= open);
            self.bytes = self.held.iter().map(Event::bytes).sum();
            self.end = Some(next);
            if next == u64::MAX {
                break;
            }
        }
        closed
    }

    fn forget(&mut self, first: usize) {
        let forgotten: usize = self.held.drain(..first).map(|event| event.bytes()).sum();
        self.bytes -= forgotten;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kind: WindowType, size: u64, step: u64, counts: bool) -> Window {
        Window::new(WindowSpec { kind, size, step, counts })
    }

    fn events(timestamps: &[u64]) -> Vec<Event> {
        timestamps.iter().map(|timestamp| Event { timestamp: *timestamp, values: [].into() }).collect()
    }

    fn times(closed: &[Vec<Event>]) -> Vec<Vec<u64>> {
        closed.iter().map(|events| events.iter().map(|event| event.timestamp).collect()).collect()
    }

    #[test]
    fn a_tumbling_window_of_time_closes_when_an_event_is_after_it() {
        let mut window = window(WindowType::Tumbling, 10, 10, false);
        assert!(window.process(events(&[1, 9, 3]), false).is_empty());
        assert_eq!(times(&window.process(events(&[10, 12]), false)), [[1, 9, 3]]);
        assert_eq!((window.len(), window.get_event_count()), (2, 5));
        assert!(window.process(events(&[8]), false).is_empty());
        assert_eq!(window.take_late(), 1, "its window has closed");
        assert_eq!(times(&window.process(Vec::new(), true)), [[10, 12]]);
        assert_eq!((window.len(), window.bytes()), (0, 0));
        assert!(window.process(Vec::new(), true).is_empty(), "there is nothing left");
    }

    #[test]
    fn windows_in_which_nothing_happened_are_passed_over() {
        let mut window = window(WindowType::Tumbling, 10, 10, false);
        assert_eq!(times(&window.process(events(&[5, 1_000_000_007]), false)), [[5]]);
        assert_eq!(times(&window.process(events(&[1_000_000_011]), false)), [[1_000_000_007]]);
        let mut window = self::window(WindowType::Tumbling, 10, 10, false);
        assert_eq!(
            times(&window.process(events(&[1, u64::MAX]), false))[0],
            [1],
            "the greatest time has an end"
        );
    }

    #[test]
    fn sliding_windows_of_time_overlap() {
        let mut window = window(WindowType::Sliding, 20, 10, false);
        let closed = times(&window.process(events(&[1, 11, 21, 31]), false));
        assert_eq!(closed, [vec![1], vec![1, 11], vec![11, 21]]);
        assert_eq!(times(&window.process(Vec::new(), true)), [[21, 31]]);
    }

    #[test]
    fn windows_of_events_close_when_they_are_full() {
        let mut window = window(WindowType::Tumbling, 2, 2, true);
        assert_eq!(times(&window.process(events(&[1, 2, 3, 4, 5]), false)), [[1, 2], [3, 4]]);
        assert_eq!(times(&window.process(Vec::new(), true)), [[5]]);
        let mut window = self::window(WindowType::Sliding, 3, 1, true);
        assert_eq!(
            times(&window.process(events(&[1, 2, 3, 4, 5]), false)),
            [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
        );
        assert!(window.process(Vec::new(), true).is_empty(), "each event was in a window");
        assert_eq!(window.len(), 2, "the next one needs them");
    }
}
