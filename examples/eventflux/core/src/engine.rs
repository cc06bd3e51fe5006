//! The processor as a whole: its streams, sinks and queries.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use spanwright::health::HealthStatus;
use spanwright::registry::{Registry, Watched};

use crate::custom::CustomMetrics;
use crate::error::EngineError;
use crate::input::Input;
use crate::metrics::{EventFluxMetrics, Name, OfQuery, QueryFamilies};
use crate::pipeline::{Batch, EventPipeline};
use crate::plan::Query;
use crate::query::{Destination, Executed, QueryRuntime, execute_query};
use crate::sink::Sink;
use crate::source::Source;
use crate::sql::{self, Select, Span, SqlError, Statement, meant};
use crate::state::StateBackend;
use crate::stream::Stream;
use crate::value::{Event, Schema};

/// How it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How many events wait for each query, at most.
    pub buffer_events: usize,
    /// How much all windows, joins and groups may take, in bytes.
    pub state_limit_bytes: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { buffer_events: 1024, state_limit_bytes: 64 << 20 }
    }
}

/// A stream processor. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct EventFlux(Arc<Inner>);

struct Inner {
    settings: EngineSettings,
    parts: Mutex<Parts>,
    custom: Arc<CustomMetrics>,
    state: Arc<StateBackend>,
    health_status: Watched<HealthStatus>,
    /// How many queries run.
    running: Watched<usize>,
}

#[derive(Default)]
struct Parts {
    streams: BTreeMap<Name, Arc<Stream>>,
    sinks: BTreeMap<Name, Arc<Sink>>,
    queries: BTreeMap<Name, Running>,
}

struct Running {
    runtime: Arc<QueryRuntime>,
    status: Status,
}

/// Where a query is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Made,
    Running,
    Ended,
    Panicked,
}

impl EventFlux {
    /// One without streams and queries.
    #[must_use]
    pub fn new(settings: EngineSettings) -> Self {
        let custom = Arc::new(CustomMetrics::default());
        Registry::global().add_source(&custom);
        Self(Arc::new(Inner {
            settings,
            parts: Mutex::default(),
            custom,
            state: Arc::new(StateBackend::new(settings.state_limit_bytes)),
            health_status: Watched::new(HealthStatus::Healthy),
            running: Watched::new(0),
        }))
    }

    /// Makes the streams, sinks and queries of a text. Queries run once they are [started](Self::start).
    ///
    /// # Errors
    /// Where the text is wrong, an address can't be listened on or a file not opened. What stands before that is made.
    pub async fn load(&self, text: &str) -> Result<(), EngineError> {
        for statement in sql::parse(text)? {
            match statement {
                Statement::Stream { name, columns, source } => {
                    self.is_free(&name)?;
                    let schema = Arc::new(schema(columns)?);
                    let stream: Name = name.text.into();
                    let source = match &source {
                        Some(from) => Some(Source::open(&stream, &schema, from).await?),
                        None => None,
                    };
                    let made = Arc::new(Stream::new(stream.clone(), schema, source));
                    self.parts().streams.insert(stream, made);
                }
                Statement::Sink { name, to } => {
                    self.is_free(&name)?;
                    let sink: Name = name.text.into();
                    let made = Arc::new(Sink::open(sink.clone(), &to).await?);
                    self.parts().sinks.insert(sink, made);
                }
                Statement::Query { id, select } => self.add(id, &select)?,
            }
        }
        Ok(())
    }

    /// Streams and sinks are what queries write to, by one name.
    fn is_free(&self, name: &Span) -> Result<(), SqlError> {
        let parts = self.parts();
        if parts.streams.contains_key(&*name.text) || parts.sinks.contains_key(&*name.text) {
            return Err(name.at.error(format!("there is a stream or a sink `{}` already", name.text)));
        }
        Ok(())
    }

    fn add(&self, id: Option<Span>, select: &Select) -> Result<(), SqlError> {
        let mut parts = self.parts();
        let (id, at) = match id {
            Some(id) => (Name::from(id.text), id.at),
            None => (format!("query_{}", parts.queries.len() + 1).into(), select.at),
        };
        if parts.queries.contains_key(&id) {
            return Err(at.error(format!("there is a query `{id}` already")));
        }
        let schemas: HashMap<Name, Arc<Schema>> =
            parts.streams.iter().map(|(name, stream)| (name.clone(), stream.schema.clone())).collect();
        let query = Query::plan(id.clone(), select, &schemas)?;
        let output = select.into.as_ref().map(|into| destination(&parts, into, &query)).transpose()?;
        let custom = if query.emit_metrics { Some(self.0.custom.register(&query, at)?) } else { None };
        let room = self.0.settings.buffer_events;
        let inputs = query.inputs.iter().map(|name| Input::new(&id, Arc::clone(&parts.streams[name]), room));
        let inputs = inputs.collect();
        let runtime = Arc::new(QueryRuntime::new(query, inputs, output, custom, Arc::clone(&self.0.state)));
        parts.queries.insert(id, Running { runtime, status: Status::Made });
        Ok(())
    }

    /// Runs all queries that don't run yet, on the current Tokio runtime.
    pub fn start(&self) {
        let mut parts = self.parts();
        for running in parts.queries.values_mut().filter(|running| running.status == Status::Made) {
            running.status = Status::Running;
            self.0.running.update(|running| *running += 1);
            shows(&running.runtime, true);
            let (engine, runtime) = (self.clone(), Arc::clone(&running.runtime));
            spanwright::spawn(async move {
                // What panics must not leave its streams waiting.
                let run = spanwright::spawn({
                    let runtime = Arc::clone(&runtime);
                    async move { execute_query(&runtime).await }
                });
                let panicked = run.await.is_err_and(|error| error.is_panic());
                if panicked {
                    runtime.panicked();
                }
                engine.ended(&runtime, if panicked { Status::Panicked } else { Status::Ended });
            });
        }
        drop(parts);
        self.count();
    }

    /// A query has ended: its streams don't wait for it, and who reads what it wrote gets no more.
    fn ended(&self, runtime: &Arc<QueryRuntime>, status: Status) {
        runtime.leave();
        shows(runtime, false);
        if let Some(running) = self.parts().queries.get_mut(runtime.id()) {
            running.status = status;
        }
        if let Some(Destination::Stream(stream)) = runtime.output() {
            let writes_there = |running: &Running| {
                matches!(running.runtime.output(), Some(Destination::Stream(other)) if Arc::ptr_eq(other, stream))
                    && running.status == Status::Running
            };
            if !self.parts().queries.values().any(writes_there) {
                stream.junction.close();
            }
        }
        self.count();
        self.0.running.update(|running| *running -= 1);
    }

    /// Shows how many queries run.
    fn count(&self) {
        let active = self.queries_running() as f64;
        EventFluxMetrics::global().active_queries.set(active);
        QueryFamilies::global().active_count.set(active);
    }

    /// Puts events into a stream, for all who read it; waits for those that have no room.
    ///
    /// # Errors
    /// Where there is no such stream, or something is no event of it: then none of them is sent.
    pub async fn send(&self, stream: &str, events: Vec<Event>) -> Result<(), EngineError> {
        let stream = self.stream(stream).ok_or_else(|| EngineError::NoStream(stream.into()))?;
        for event in &events {
            event
                .is_of(&stream.schema)
                .map_err(|source| EngineError::Event { stream: stream.name.clone(), source })?;
        }
        stream.junction.send(&Batch::new(events), None).await;
        Ok(())
    }

    /// Waits until all queries have ended, by themselves or since they were told to. What each of them has done.
    pub async fn completed(&self) -> Vec<(Name, Executed)> {
        let mut running = self.0.running.subscribe();
        // Whoever changes it is this.
        let _ = running.wait_for(|running| *running == 0).await;
        self.queries().iter().map(|query| (query.id().clone(), query.executed())).collect()
    }

    /// Waits until those queries have ended that can by themselves: who reads what other nodes send, over whatever streams, can't.
    pub async fn finished(&self) {
        let endless = self.endless().len();
        let mut running = self.0.running.subscribe();
        // As above.
        let _ = running.wait_for(|running| *running <= endless).await;
    }

    /// The queries that read what other nodes send, or what such a query writes.
    fn endless(&self) -> Vec<Arc<QueryRuntime>> {
        let queries = self.queries();
        let mut fed: Vec<Name> = self.addresses().into_iter().map(|(stream, _)| stream).collect();
        loop {
            let endless: Vec<_> = queries.iter().filter(|query| query.reads(&fed)).cloned().collect();
            let written = endless.iter().filter_map(|query| match query.output() {
                Some(Destination::Stream(stream)) if !fed.contains(&stream.name) => Some(stream.name.clone()),
                _ => None,
            });
            let written: Vec<Name> = written.collect();
            if written.is_empty() {
                return endless;
            }
            fed.extend(written);
        }
    }

    /// Has all queries end, each after what it works on, and waits for that.
    pub async fn stop_all_queries(&self) -> Vec<(Name, Executed)> {
        self.queries().iter().for_each(|query| query.stop());
        self.completed().await
    }

    /// Says that it is not ready any more, lets whoever sends it something notice that for so long, and stops all queries.
    ///
    /// A program whose signals the telemetry handles has waited already when it comes to its end: zero is the time then.
    pub async fn shutdown(&self, drain: Duration) -> Vec<(Name, Executed)> {
        self.0.health_status.replace(HealthStatus::ShuttingDown);
        tracing::info!(target: "eventflux::engine", drain_ms = drain.as_millis() as u64, "Shutting down");
        tokio::time::sleep(drain).await;
        self.stop_all_queries().await
    }

    /// How it is as a whole, for whoever wants to be told.
    #[must_use]
    pub fn health_status(&self) -> &Watched<HealthStatus> {
        &self.0.health_status
    }

    /// A query, by its name.
    #[must_use]
    pub fn query(&self, id: &str) -> Option<Arc<QueryRuntime>> {
        self.parts().queries.get(id).map(|running| Arc::clone(&running.runtime))
    }

    /// All queries, by their names.
    #[must_use]
    pub fn queries(&self) -> Vec<Arc<QueryRuntime>> {
        self.parts().queries.values().map(|running| Arc::clone(&running.runtime)).collect()
    }

    /// A stream, by its name.
    #[must_use]
    pub fn stream(&self, name: &str) -> Option<Arc<Stream>> {
        self.parts().streams.get(name).cloned()
    }

    /// All streams, by their names.
    #[must_use]
    pub fn streams(&self) -> Vec<Arc<Stream>> {
        self.parts().streams.values().cloned().collect()
    }

    /// Where streams listen that do, by their names.
    #[must_use]
    pub fn addresses(&self) -> Vec<(Name, SocketAddr)> {
        let streams = self.streams();
        streams.iter().filter_map(|stream| Some((stream.name.clone(), stream.address()?))).collect()
    }

    /// What a sink in memory has; nothing of others.
    #[must_use]
    pub fn rows(&self, sink: &str) -> Vec<Json> {
        let sink = self.parts().sinks.get(sink).cloned();
        sink.map(|sink| sink.rows()).unwrap_or_default()
    }

    /// All queues between streams and queries.
    #[must_use]
    pub fn pipelines(&self) -> Vec<Arc<EventPipeline>> {
        self.queries().iter().flat_map(|query| query.pipelines().cloned().collect::<Vec<_>>()).collect()
    }

    /// How many queries run.
    #[must_use]
    pub fn queries_running(&self) -> usize {
        self.parts().queries.values().filter(|running| running.status == Status::Running).count()
    }

    /// How many families `EMIT METRICS` has made.
    #[must_use]
    pub fn custom_families(&self) -> usize {
        self.0.custom.families()
    }

    /// How many queries have panicked.
    pub(crate) fn queries_panicked(&self) -> usize {
        self.parts().queries.values().filter(|running| running.status == Status::Panicked).count()
    }

    pub(crate) fn state(&self) -> &Arc<StateBackend> {
        &self.0.state
    }

    /// What sinks in memory keep.
    pub(crate) fn sink_bytes(&self) -> usize {
        self.parts().sinks.values().map(|sink| sink.bytes()).sum()
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EventFlux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        f.debug_struct("EventFlux")
            .field("streams", &parts.streams.keys())
            .field("sinks", &parts.sinks.keys())
            .field("queries", &parts.queries.keys())
            .finish_non_exhaustive()
    }
}

/// Shows whether a query runs.
fn shows(runtime: &QueryRuntime, runs: bool) {
    let labels = OfQuery { query_id: runtime.id().clone() };
    QueryFamilies::global().running.with(labels).set(f64::from(u8::from(runs)));
}

fn schema(columns: Vec<(Span, crate::value::Type)>) -> Result<Schema, SqlError> {
    let mut schema = Schema { columns: Vec::with_capacity(columns.len()) };
    for (name, of) in columns {
        if name.text.eq_ignore_ascii_case("timestamp") || schema.index(&name.text).is_some() {
            return Err(name.at.error(format!("there is a column `{}` already", name.text)));
        }
        schema.columns.push((name.text.into(), of));
    }
    Ok(schema)
}

/// What a query writes to. A stream has to have its columns.
fn destination(parts: &Parts, into: &Span, query: &Query) -> Result<Destination, SqlError> {
    if let Some(sink) = parts.sinks.get(&*into.text) {
        return Ok(Destination::Sink(Arc::clone(sink)));
    }
    let Some(stream) = parts.streams.get(&*into.text) else {
        let names = parts.sinks.keys().chain(parts.streams.keys());
        let meant = meant(&into.text, names.map(|name| &**name));
        let message =
            format!("there is no sink and no stream `{}`; make it before by CREATE{meant}", into.text);
        return Err(into.at.error(message));
    };
    if query.inputs.contains(&stream.name) {
        return Err(into.at.error("a query can't write into the stream that it reads"));
    }
    let types = |schema: &Schema| schema.columns.iter().map(|(_, of)| *of).collect::<Vec<_>>();
    if types(&stream.schema) != types(&query.schema) {
        let shown: Vec<_> = query.schema.columns.iter().map(|(name, of)| format!("{name} {of}")).collect();
        let message =
            format!("the stream `{}` has other columns than the query: ({})", stream.name, shown.join(", "));
        return Err(into.at.error(message));
    }
    Ok(Destination::Stream(Arc::clone(stream)))
}
