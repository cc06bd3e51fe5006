//! What a query does with events, step by step, and what it keeps between them.

use crate::aggregate::Aggregator;
use crate::expression::ExpressionError;
use crate::filter;
use crate::join::Join;
use crate::metrics::{Name, OfWindow, QueryFamilies, QueryMetrics};
use crate::plan::{Output, Query};
use crate::value::Event;
use crate::window::Window;

/// The processors of a query, in their order: join, filter, window, aggregation.
#[derive(Debug)]
pub(crate) struct Operators {
    join: Option<Join>,
    pub(crate) window: Option<Window>,
    pub(crate) aggregator: Option<Aggregator>,
}

impl Operators {
    pub(crate) fn of(query: &Query) -> Self {
        let aggregator = match &query.output {
            Output::Aggregate { keys, items } => Some(Aggregator::new(keys.clone(), items.clone())),
            Output::Project(_) => None,
        };
        Self { join: query.join.map(Join::new), window: query.window.map(Window::new), aggregator }
    }

    /// What it keeps, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.join.as_ref().map_or(0, Join::bytes)
            + self.window.as_ref().map_or(0, Window::bytes)
            + self.aggregator.as_ref().map_or(0, Aggregator::bytes)
    }

    /// Whether there is a window that the end closes.
    pub(crate) fn is_open(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.len() > 0)
    }

    /// Makes rows of the events of an input. At the `end`, windows close.
    pub(crate) fn process(
        &mut self,
        query: &Query,
        input: usize,
        events: Vec<Event>,
        end: bool,
        metrics: &QueryMetrics,
    ) -> Result<Vec<Event>, ExpressionError> {
        let mut events = events;
        if let Some(join) = &mut self.join {
            events = join.process(input, events);
            metrics.join_matches.add(events.len() as u64);
        }
        if let (Some(condition), false) = (&query.filter, events.is_empty()) {
            let before = events.len();
            events = filter::process(condition, events)?;
            metrics.filtered.add((before - events.len()) as u64);
        }
        let aggregator = match (&query.output, &mut self.aggregator) {
            (Output::Project(columns), _) => return project(columns, &events),
            (Output::Aggregate { .. }, Some(aggregator)) => aggregator,
            (Output::Aggregate { .. }, None) => return Ok(Vec::new()),
        };
        let computed = aggregator.get_computation_count();
        let count = events.len();
        let rows = match &mut self.window {
            None if events.is_empty() => Vec::new(),
            None => aggregator.process(&events, false)?,
            Some(window) => {
                let closed = if end || !events.is_empty() { window.process(events, end) } else { Vec::new() };
                metrics.late.add(window.take_late());
                of_windows(&query.id, window, closed, aggregator)?
            }
        };
        let computed = aggregator.get_computation_count() - computed;
        metrics.aggregations.add(computed);
        if computed > 0 {
            metrics.efficiency.set(count as f64 / computed as f64);
        }
        Ok(rows)
    }

    /// Shows what it keeps.
    pub(crate) fn show(&self, query: &Name, metrics: &QueryMetrics) {
        if let Some(window) = &self.window {
            let (all, labels) = (QueryFamilies::global(), || of_window(query, window));
            all.window_size_bytes.with(labels()).set(window.bytes() as f64);
            all.window_events.with(labels()).set(window.len() as f64);
        }
        metrics.join_buffer.set(self.join.as_ref().map_or(0, Join::len) as f64);
        metrics.groups.set(self.aggregator.as_ref().map_or(0, Aggregator::groups) as f64);
    }

    /// Forgets the events that it keeps.
    pub(crate) fn clear(&mut self) {
        self.join.iter_mut().for_each(Join::clear);
        self.window.iter_mut().for_each(Window::clear);
        self.aggregator.iter_mut().for_each(Aggregator::clear);
    }
}

fn project(columns: &[crate::expression::Compiled], events: &[Event]) -> Result<Vec<Event>, ExpressionError> {
    let row = |event: &Event| {
        let values = columns.iter().map(|column| column.value(&event.values)).collect::<Result<_, _>>()?;
        Ok(Event { timestamp: event.timestamp, values })
    };
    events.iter().map(row).collect()
}

/// A row of each group of each window.
fn of_windows(
    query: &Name,
    window: &Window,
    closed: Vec<Vec<Event>>,
    aggregator: &mut Aggregator,
) -> Result<Vec<Event>, ExpressionError> {
    if !closed.is_empty() {
        let labels = of_window(query, window);
        QueryFamilies::global().windows_closed_total.with(labels).add(closed.len() as u64);
    }
    let mut rows = Vec::new();
    for events in closed {
        rows.extend(aggregator.process(&events, true)?);
    }
    Ok(rows)
}

fn of_window(query: &Name, window: &Window) -> OfWindow {
    OfWindow { query_id: query.clone(), window_type: window.kind() }
}
