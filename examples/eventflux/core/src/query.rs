//! Queries that run: what they read, what they do with it, and where it goes.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use spanwright::registry::Snapshot;
use spanwright::{Context, instrument};
use tokio::sync::watch;

use crate::attributes::{ATTR_ERROR_DETAILS, ATTR_EVENT_COUNT, ATTR_QUERY_ID, ATTR_STREAM_NAME};
use crate::custom::OfOneQuery;
use crate::error::QueryError;
use crate::input::{self, Arrival, Input};
use crate::metrics::{ErrorKind, EventFluxMetrics, Name, OfQuery, QueryFamilies, QueryMetrics, Reason};
use crate::operators::Operators;
use crate::pipeline::{Batch, EventPipeline};
use crate::plan::Query;
use crate::sink::Sink;
use crate::source::Lease;
use crate::state::StateBackend;
use crate::stream::{Stream, milliseconds};
use crate::value::Event;

/// A query that runs, or can.
#[derive(Debug)]
pub struct QueryRuntime {
    query: Query,
    inputs: Vec<Input>,
    output: Option<Destination>,
    custom: Option<Arc<OfOneQuery>>,
    operators: Mutex<Operators>,
    state: Arc<StateBackend>,
    /// What it has told the state that it keeps, whose lock is the operators'.
    kept: AtomicUsize,
    metrics: QueryMetrics,
    processed: AtomicU64,
    emitted: AtomicU64,
    failed: AtomicU64,
    stop: watch::Sender<bool>,
}

/// Where a query's rows go.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    Sink(Arc<Sink>),
    Stream(Arc<Stream>),
}

/// What a query has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Events that came in.
    pub events_processed: u64,
    /// Rows that went out.
    pub events_emitted: u64,
    /// Executions that have failed.
    pub failures: u64,
}

/// Runs a query until its sources are at their end, or until it is [stopped](QueryRuntime::stop).
#[instrument(name = "query_execution", target = "eventflux::query", fields({ATTR_QUERY_ID} = &**query.id()))]
pub async fn execute_query(query: &QueryRuntime) -> Executed {
    query.process_events().await
}

/// Takes an event through a query at once: into its stream, and for all others who read that; through the query's filter, join,
/// window and aggregation; and out.
///
/// # Errors
/// Where an expression has no value, and those of the query's sink.
#[instrument(
    target = "eventflux::query",
    fields({ATTR_QUERY_ID} = &**query.id(), {ATTR_STREAM_NAME} = &*query.inputs[0].stream.name)
)]
pub async fn process_event(query: &QueryRuntime, event: Event) -> Result<(), QueryError> {
    let _timer = query.metrics.latency.start_timer();
    query.run(0, Arrival::Pushed(Batch::new([event]))).await.map(drop)
}

impl QueryRuntime {
    pub(crate) fn new(
        query: Query,
        inputs: Vec<Input>,
        output: Option<Destination>,
        custom: Option<Arc<OfOneQuery>>,
        state: Arc<StateBackend>,
    ) -> Self {
        let written = query.into.clone().unwrap_or_else(|| "metrics".into());
        Self {
            metrics: QueryMetrics::of(&query.id, &written),
            operators: Mutex::new(Operators::of(&query)),
            query,
            inputs,
            output,
            custom,
            state,
            kept: AtomicUsize::new(0),
            processed: AtomicU64::new(0),
            emitted: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stop: watch::Sender::new(false),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> &Name {
        &self.query.id
    }

    /// The stream that it reads, the first one of a join.
    #[must_use]
    pub fn stream(&self) -> &Arc<Stream> {
        &self.inputs[0].stream
    }

    /// Whether it reads one of these streams.
    pub(crate) fn reads(&self, streams: &[Name]) -> bool {
        self.inputs.iter().any(|input| streams.contains(&input.stream.name))
    }

    /// The queues that it reads from.
    pub fn pipelines(&self) -> impl Iterator<Item = &Arc<EventPipeline>> {
        self.inputs.iter().map(|input| &input.pipeline)
    }

    /// What it has done so far.
    #[must_use]
    pub fn executed(&self) -> Executed {
        Executed {
            events_processed: self.processed.load(Ordering::Relaxed),
            events_emitted: self.emitted.load(Ordering::Relaxed),
            failures: self.failed.load(Ordering::Relaxed),
        }
    }

    /// How many events its window has taken; nothing without one.
    #[must_use]
    pub fn get_event_count(&self) -> Option<u64> {
        self.operators().window.as_ref().map(crate::window::Window::get_event_count)
    }

    /// How many values its aggregation has worked out; nothing without one.
    #[must_use]
    pub fn get_computation_count(&self) -> Option<u64> {
        self.operators().aggregator.as_ref().map(crate::aggregate::Aggregator::get_computation_count)
    }

    /// Has it end after what it works on.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(crate) fn output(&self) -> Option<&Destination> {
        self.output.as_ref()
    }

    /// Works on what comes, as long as something does. All that is logged meanwhile has the query's id.
    #[instrument(name = "query", target = "eventflux::query", fields(id = &*self.query.id))]
    async fn process_events(&self) -> Executed {
        let (run, started, id) = (Context::current(), Instant::now(), self.id());
        let labels = || OfQuery { query_id: id.clone() };
        QueryFamilies::global().starts_total.with(labels()).inc();
        tracing::info!(target: "eventflux::query", { query.id = &**id, stream.name = &*self.stream().name }, "Query started");
        let mut stop = self.stop.subscribe();
        let reason = loop {
            let arrived = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break Reason::Stopped,
                arrived = input::arrived(&self.inputs) => arrived,
            };
            match arrived {
                // Its error is logged and counted; the next events may do better.
                Some((input, arrival)) => drop(self.execute(input, arrival, run).await),
                None => break Reason::Completed,
            }
        };
        if self.operators().is_open() {
            // As above.
            drop(self.execute(0, Arrival::End, run).await);
        }
        self.ended(reason, started.elapsed());
        self.executed()
    }

    /// Works on what has come in at once.
    #[instrument(
        name = "Query Execution",
        target = "eventflux::query",
        parent = arrival.parent(),
        follows_from = arrival.link().into_iter().chain([run]),
        fields(
            {ATTR_QUERY_ID} = &*self.query.id,
            {ATTR_STREAM_NAME} = &*self.inputs[input].stream.name,
            {ATTR_EVENT_COUNT} = Empty,
            {ATTR_ERROR_DETAILS} = Empty,
        ),
        metrics(into = EventFluxMetrics::global(), labels = OfQuery { query_id: self.query.id.clone() }),
    )]
    async fn execute(&self, input: usize, arrival: Arrival, run: Context) -> Result<(), QueryError> {
        let started = Instant::now();
        match self.run(input, arrival).await {
            Ok(events) => {
                spanwright::record!({ ATTR_EVENT_COUNT } = events);
                tracing::debug!(target: "eventflux::query", { query.id = &**self.id(),
                    stream.name = &*self.inputs[input].stream.name,
                    events.processed = events,
                    duration.ms = milliseconds(started.elapsed()) }, "Events processed");
                Ok(())
            }
            Err(error) => {
                spanwright::record!({ATTR_ERROR_DETAILS} = %error);
                Err(error)
            }
        }
    }

    /// Through all steps; how many events came in.
    async fn run(&self, input: usize, arrival: Arrival) -> Result<usize, QueryError> {
        let is_end = matches!(arrival, Arrival::End);
        let result = self.steps(input, arrival, is_end).await;
        if let Err(error) = &result {
            self.failed.fetch_add(1, Ordering::Relaxed);
            self.metrics.failed(self.id(), error.kind());
            tracing::error!(
                target: "eventflux::query",
                query_id = &**self.id(), stream_name = &*self.inputs[input].stream.name, %error,
                "Query execution failed"
            );
        }
        result
    }

    async fn steps(&self, input: usize, arrival: Arrival, is_end: bool) -> Result<usize, QueryError> {
        let events = if is_end { Arc::default() } else { self.ingest(input, arrival).await? };
        let count = events.len();
        self.count_in(input, count as u64);
        let rows = self.operate(input, &events, is_end)?;
        if !rows.is_empty() {
            self.emit(&rows).await?;
        }
        Ok(count)
    }

    fn count_in(&self, input: usize, events: u64) {
        self.processed.fetch_add(events, Ordering::Relaxed);
        self.metrics.events_in.add(events);
        self.metrics.batch_events.observe(events as f64);
        self.inputs[input].counted.add(events);
        EventFluxMetrics::global().events_processed_total.add(events);
    }

    /// Gets the events, and hands them to all others who read the stream.
    #[instrument(
        name = "Event Ingestion",
        target = "eventflux::query",
        fields({ATTR_STREAM_NAME} = &*self.inputs[input].stream.name, {ATTR_EVENT_COUNT} = Empty)
    )]
    async fn ingest(&self, input: usize, arrival: Arrival) -> Result<Arc<[Event]>, QueryError> {
        let Input { stream, pipeline, .. } = &self.inputs[input];
        let events = match arrival {
            Arrival::Queued(batch) => batch.events,
            Arrival::Pushed(batch) => {
                for event in &*batch.events {
                    event
                        .is_of(&stream.schema)
                        .map_err(|source| QueryError::Event { stream: stream.name.clone(), source })?;
                }
                stream.junction.send(&batch, Some(pipeline)).await;
                batch.events
            }
            Arrival::Lead(Lease { mut source, raw }) => {
                let events: Arc<[Event]> = source.read(raw.content)?.into();
                let batch = Batch { events, parent: raw.parent, link: None };
                // The source is kept until then, so that events stay in their order.
                stream.junction.send(&batch, Some(pipeline)).await;
                batch.events
            }
            Arrival::End => Arc::default(),
        };
        spanwright::record!({ ATTR_EVENT_COUNT } = events.len());
        if tracing::enabled!(target: "eventflux::query", tracing::Level::TRACE) {
            self.trace(stream, &events);
        }
        Ok(events)
    }

    /// A line for each event, with nothing of its values.
    fn trace(&self, stream: &Stream, events: &[Event]) {
        for Event { timestamp, .. } in events {
            tracing::trace!(target: "eventflux::query", { query.id = &**self.id(), stream.name = &*stream.name, timestamp }, "Event");
        }
    }

    /// The work of a processor's core. How long it takes is what the query costs.
    fn operate(&self, input: usize, events: &[Event], is_end: bool) -> Result<Vec<Event>, QueryError> {
        let _busy = self.metrics.busy.start_timer();
        let mut operators = self.operators();
        if let Err(error) = self.state.has_room() {
            // Else there would never be room again.
            operators.clear();
            self.keeps(0);
            return Err(error);
        }
        let rows = operators.process(&self.query, input, events.to_vec(), is_end, &self.metrics);
        self.keeps(operators.bytes());
        operators.show(&self.query.id, &self.metrics);
        Ok(rows?)
    }

    async fn emit(&self, rows: &[Event]) -> Result<(), QueryError> {
        if let Some(custom) = &self.custom {
            publish(custom, rows);
        }
        match &self.output {
            Some(Destination::Sink(sink)) => sink.deliver(rows, &self.query.schema).await?,
            Some(Destination::Stream(stream)) => forward(stream, rows).await,
            None => {}
        }
        self.emitted.fetch_add(rows.len() as u64, Ordering::Relaxed);
        self.metrics.events_out.add(rows.len() as u64);
        Ok(())
    }

    /// Says how it went, under the names of both of the document's forms.
    fn ended(&self, reason: Reason, elapsed: Duration) {
        let (id, stream) = (&**self.id(), &*self.stream().name);
        let Executed { events_processed, failures, .. } = self.executed();
        let duration_ms = milliseconds(elapsed);
        QueryFamilies::global().stops_total.with(reason).inc();
        if failures == 0 {
            tracing::info!(
                target: "eventflux::query",
                query_id = id,
                stream_name = stream,
                events_processed,
                query.id = id,
                stream.name = stream,
                events.processed = events_processed,
                duration.ms = duration_ms,
                "Query executed successfully"
            );
        }
        tracing::info!(target: "eventflux::query", { query.id = id, stream.name = stream, duration_ms }, "Query completed");
        if reason == Reason::Stopped {
            tracing::info!(target: "eventflux::query", { query.id = id, stream.name = stream }, "Query stopped");
        }
    }

    /// Shows how full its buffers are; the worst health score of them.
    pub(crate) fn show(&self, snapshot: &Snapshot) -> f64 {
        let shown: Vec<_> = self.pipelines().map(|pipeline| pipeline.show(snapshot)).collect();
        let fullest = shown.iter().map(|metrics| metrics.utilization).fold(0.0, f64::max);
        self.metrics.buffer_utilization.set(fullest);
        shown.iter().map(|metrics| metrics.health_score).fold(1.0, f64::min)
    }

    /// It has panicked, and runs no more.
    pub(crate) fn panicked(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.metrics.failed(self.id(), ErrorKind::Panic);
        QueryFamilies::global().stops_total.with(Reason::Failed).inc();
        tracing::error!(
            target: "eventflux::query",
            query_id = &**self.id(), stream_name = &*self.stream().name, error = "it has panicked",
            "Query execution failed"
        );
    }

    /// Takes it away from its streams, which then don't wait for it.
    pub(crate) fn leave(&self) {
        for Input { stream, pipeline, .. } in &self.inputs {
            stream.junction.unsubscribe(pipeline);
            pipeline.close();
        }
        self.operators().clear();
        self.keeps(0);
    }

    /// Tells the state what it keeps. What a panic has left is not told: so what was is remembered, rather than asked for.
    fn keeps(&self, bytes: usize) {
        self.state.changed(self.kept.swap(bytes, Ordering::Relaxed), bytes);
    }

    fn operators(&self) -> MutexGuard<'_, Operators> {
        self.operators.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands rows to those who read another stream, as a part of this trace.
#[instrument(
    name = "Output Emission",
    target = "eventflux::query",
    fields({ATTR_STREAM_NAME} = &*stream.name, {ATTR_EVENT_COUNT} = rows.len())
)]
async fn forward(stream: &Stream, rows: &[Event]) {
    let batch = Batch { events: rows.into(), parent: Some(Context::current()), link: None };
    stream.junction.send(&batch, None).await;
}

/// Shows rows as metrics.
#[instrument(name = "Output Emission", target = "eventflux::query", fields({ATTR_EVENT_COUNT} = rows.len()))]
fn publish(custom: &OfOneQuery, rows: &[Event]) {
    custom.set(rows);
}
