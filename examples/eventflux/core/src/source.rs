//! Sources: where the events of a stream come from.

mod generator;
mod options;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use spanwright::{Context, Counted, Label, instrument};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::sync::{OwnedMutexGuard, mpsc};

use crate::attributes::{ATTR_EVENT_COUNT, ATTR_STREAM_NAME};
use crate::error::{EngineError, QueryError};
use crate::link::{self, Listening};
use crate::metrics::{ErrorKind, EventFluxMetrics, Name, OfError, OfSource, SourceMetrics, StreamMetrics};
use crate::sql::{Endpoint, SqlError, meant};
use crate::value::{Event, NoEvent, Schema};
use generator::Generator;
pub(crate) use options::Options;

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
#[label(name = "source")]
pub enum SourceKind {
    /// They are made up.
    Generator,
    /// Lines of a file.
    File,
    /// Lines over TCP, by whoever connects.
    Tcp,
    /// Messages over gRPC.
    Grpc,
}

/// Lines that are to be events, or how many are to be made up.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) content: Content,
    /// The span in which they came from another node.
    pub(crate) parent: Option<Context>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Lines(Vec<String>),
    Objects(Vec<Map<String, Json>>),
    Made(usize),
    Failed(std::io::Error),
}

/// A source whose next lines are known, and which nobody else reads meanwhile.
pub(crate) struct Lease {
    pub(crate) source: OwnedMutexGuard<Source>,
    pub(crate) raw: Raw,
}

/// A source of a stream.
#[derive(Debug)]
pub(crate) struct Source {
    stream: Name,
    schema: Arc<Schema>,
    from: From,
    metrics: StreamMetrics,
    series: Series,
    /// What events have happened at that have no time of their own, in milliseconds: they are counted.
    clock: u64,
}

#[derive(Debug)]
enum From {
    Generator(Generator),
    File {
        lines: Lines<BufReader<File>>,
        batch: usize,
        pending: Vec<String>,
    },
    Network {
        messages: mpsc::Receiver<Raw>,
        listening: Listening,
    },
    /// It has failed.
    Nowhere,
}

#[derive(Debug)]
struct Series {
    events: Counted<'static>,
    bytes: Counted<'static>,
    reads: Counted<'static>,
    errors: Counted<'static>,
    undecoded: Counted<'static>,
    ended: Counted<'static>,
}

impl Source {
    /// Opens what a stream says after FROM.
    pub(crate) async fn open(
        stream: &Name,
        schema: &Arc<Schema>,
        from: &Endpoint,
    ) -> Result<Self, EngineError> {
        let kinds = SourceKind::VALUES;
        let number = kinds.iter().position(|name| from.kind.text.eq_ignore_ascii_case(name));
        let mut options = Options::of(from);
        let (kind, from) = match number {
            Some(0) => (SourceKind::Generator, From::Generator(Generator::new(schema, &mut options)?)),
            Some(1) => (SourceKind::File, file(&mut options).await?),
            Some(2) => (SourceKind::Tcp, tcp(stream, &mut options).await?),
            Some(3) => (SourceKind::Grpc, grpc(stream, &mut options).await?),
            _ => return Err(unknown(from).into()),
        };
        options.none_left()?;
        let (metrics, series) = (StreamMetrics::of(stream), Series::of(stream, kind));
        Ok(Self { stream: stream.clone(), schema: schema.clone(), from, metrics, series, clock: 0 })
    }

    /// Where it listens, if it does.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.from {
            From::Network { listening, .. } => Some(listening.address),
            _ => None,
        }
    }

    /// Waits until there is something; nothing at its end. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Option<Raw> {
        let content = match &mut self.from {
            From::Generator(generator) => generator.next().await.map(Content::Made),
            From::File { lines, batch, pending } => match fill(lines, *batch, pending).await {
                Ok(true) => Some(Content::Lines(std::mem::take(pending))),
                Ok(false) => None,
                Err(error) => {
                    self.from = From::Nowhere;
                    Some(Content::Failed(error))
                }
            },
            From::Network { messages, .. } => return messages.recv().await,
            From::Nowhere => None,
        };
        if content.is_none() {
            self.series.ended.inc();
        }
        content.map(|content| Raw { content, parent: None })
    }

    /// Makes events of what came. What is none is counted and left out.
    #[instrument(
        name = "Source Read",
        target = "eventflux::source",
        fields({ATTR_STREAM_NAME} = &*self.stream, {ATTR_EVENT_COUNT} = Empty)
    )]
    pub(crate) fn read(&mut self, content: Content) -> Result<Vec<Event>, QueryError> {
        self.series.reads.inc();
        let events: Vec<Event> = match content {
            Content::Failed(source) => {
                self.series.errors.inc();
                return Err(QueryError::Source { stream: self.stream.clone(), source });
            }
            Content::Made(count) => match &mut self.from {
                From::Generator(generator) => generator.make(count),
                _ => Vec::new(),
            },
            Content::Lines(lines) => {
                let objects = lines.iter().map(|line| {
                    self.series.bytes.add(line.len() as u64);
                    serde_json::from_str(line).map_err(|_| NoEvent::Json)
                });
                self.series.decoded(&self.stream, &self.schema, self.metrics, objects, &mut self.clock)
            }
            Content::Objects(objects) => self.series.decoded(
                &self.stream,
                &self.schema,
                self.metrics,
                objects.into_iter().map(Ok),
                &mut self.clock,
            ),
        };
        self.series.events.add(events.len() as u64);
        spanwright::record!({ ATTR_EVENT_COUNT } = events.len());
        Ok(events)
    }
}

impl Series {
    fn of(stream: &Name, kind: SourceKind) -> Self {
        let all = SourceMetrics::global();
        let of = || OfSource { stream_name: stream.clone(), source: kind };
        Self {
            events: all.events_total.with(of()),
            bytes: all.bytes_total.with(of()),
            reads: all.reads_total.with(of()),
            errors: all.errors_total.with(of()),
            // No query's doing.
            undecoded: EventFluxMetrics::global()
                .errors_total
                .with(OfError { error_type: ErrorKind::Decode, query_id: Name::default() }),
            ended: all.ended_total.with(of()),
        }
    }

    fn decoded(
        &self,
        stream: &Name,
        schema: &Schema,
        metrics: StreamMetrics,
        objects: impl Iterator<Item = Result<Map<String, Json>, NoEvent>>,
        clock: &mut u64,
    ) -> Vec<Event> {
        let mut events = Vec::with_capacity(objects.size_hint().0);
        let mut rejected = None;
        for object in objects {
            *clock = clock.saturating_add(1);
            match object.and_then(|object| Event::from_json(&object, schema, *clock)) {
                Ok(event) => {
                    *clock = event.timestamp;
                    events.push(event);
                }
                Err(error) => {
                    metrics.rejected.inc();
                    self.errors.inc();
                    self.undecoded.inc();
                    rejected.get_or_insert(error);
                }
            }
        }
        if let Some(error) = rejected {
            tracing::warn!(target: "eventflux::source", { stream.name = &**stream, %error }, "Events are left out");
        }
        events
    }
}

/// What a file has, up to a whole batch; whether it had something.
async fn fill(
    lines: &mut Lines<BufReader<File>>,
    batch: usize,
    pending: &mut Vec<String>,
) -> std::io::Result<bool> {
    while pending.len() < batch {
        match lines.next_line().await? {
            Some(line) if line.trim().is_empty() => {}
            Some(line) => pending.push(line),
            None => break,
        }
    }
    Ok(!pending.is_empty())
}

async fn file(options: &mut Options<'_>) -> Result<From, EngineError> {
    let path = options.text("path")?;
    let batch = options.batch()? as usize;
    let file = File::open(&path).await.map_err(|source| EngineError::File { path, source })?;
    Ok(From::File { lines: BufReader::new(file).lines(), batch, pending: Vec::new() })
}

async fn tcp(stream: &Name, options: &mut Options<'_>) -> Result<From, EngineError> {
    let listen = options.text("listen")?;
    let (messages, listening) = link::tcp::listen(stream.clone(), &listen).await?;
    Ok(From::Network { messages, listening })
}

async fn grpc(stream: &Name, options: &mut Options<'_>) -> Result<From, EngineError> {
    let listen = options.text("listen")?;
    let (messages, listening) = link::grpc::listen(stream.clone(), &listen).await?;
    Ok(From::Network { messages, listening })
}

fn unknown(from: &Endpoint) -> SqlError {
    let kind = &from.kind;
    let meant = meant(&kind.text, SourceKind::VALUES.iter().copied());
    kind.at.error(format!("no source `{}`; there are generator, file, tcp and grpc{meant}", kind.text))
}
