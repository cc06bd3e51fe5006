//! Sinks: where results go to.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use spanwright::{Label, instrument};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::attributes::{ATTR_ERROR_DETAILS, ATTR_EVENT_COUNT, ATTR_RETRY_COUNT};
use crate::error::{EngineError, QueryError};
use crate::link::grpc::GrpcLink;
use crate::link::tcp::TcpLink;
use crate::metrics::{Name, OfSink, SinkMetrics};
use crate::source::Options;
use crate::sql::{Endpoint, meant};
use crate::value::{Event, Schema};

/// Where results go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
#[label(name = "sink")]
pub enum SinkKind {
    /// Into the log, a line each.
    Log,
    /// Into memory, the last ten thousand.
    Memory,
    /// Into a file, as lines of JSON.
    File,
    /// To another node over TCP.
    Tcp,
    /// To another node over gRPC.
    Grpc,
}

/// How many rows a sink in memory keeps.
const KEPT: usize = 10_000;
/// How often a delivery is tried again, where nothing else is said.
const RETRIES: u64 = 2;

/// A sink with its name.
#[derive(Debug)]
pub struct Sink {
    /// What it is called.
    pub name: Name,
    /// Where it leads.
    pub kind: SinkKind,
    target: Target,
    retries: u32,
    /// How long each delivery is put off, for trying what a slow one does.
    delay: Duration,
}

enum Target {
    Log,
    Memory(Mutex<VecDeque<Json>>),
    File(tokio::sync::Mutex<File>),
    Tcp(TcpLink),
    Grpc(GrpcLink),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rows are nobody's business.
        f.write_str(match self {
            Self::Log => "Log",
            Self::Memory(_) => "Memory",
            Self::File(_) => "File",
            Self::Tcp(_) => "Tcp",
            Self::Grpc(_) => "Grpc",
        })
    }
}

impl Sink {
    /// Opens what is said after TO.
    pub(crate) async fn open(name: Name, to: &Endpoint) -> Result<Self, EngineError> {
        let number = SinkKind::VALUES.iter().position(|kind| to.kind.text.eq_ignore_ascii_case(kind));
        let mut options = Options::of(to);
        let (kind, target) = match number {
            Some(0) => (SinkKind::Log, Target::Log),
            Some(1) => (SinkKind::Memory, Target::Memory(Mutex::default())),
            Some(2) => (SinkKind::File, file(options.text("path")?).await?),
            Some(3) => (SinkKind::Tcp, Target::Tcp(TcpLink::new(options.text("connect")?))),
            Some(4) => (SinkKind::Grpc, Target::Grpc(GrpcLink::new(options.text("connect")?))),
            _ => {
                let meant = meant(&to.kind.text, SinkKind::VALUES.iter().copied());
                let message =
                    format!("no sink `{}`; there are log, memory, file, tcp and grpc{meant}", to.kind.text);
                return Err(to.kind.at.error(message).into());
            }
        };
        let retries = u32::try_from(options.count("retries", RETRIES)?.min(100)).unwrap_or(100);
        let delay = Duration::from_millis(options.count("delay_ms", 0)?);
        options.none_left()?;
        Ok(Self { name, kind, target, retries, delay })
    }

    /// What a sink in memory has, the oldest first; nothing of others.
    #[must_use]
    pub fn rows(&self) -> Vec<Json> {
        match &self.target {
            Target::Memory(rows) => {
                rows.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// About what that takes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.target {
            Target::Memory(rows) => {
                let rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                let fields = rows.front().and_then(Json::as_object).map_or(0, serde_json::Map::len);
                rows.len() * (1 + fields) * size_of::<Json>() * 2
            }
            _ => 0,
        }
    }

    pub(crate) fn labels(&self) -> OfSink {
        OfSink { sink_name: self.name.clone(), sink: self.kind }
    }

    /// Delivers rows, and tries again where that fails.
    #[instrument(
        name = "Output Emission",
        target = "eventflux::sink",
        fields(
            sink.name = &*self.name,
            {ATTR_EVENT_COUNT} = rows.len(),
            {ATTR_RETRY_COUNT} = Empty,
            {ATTR_ERROR_DETAILS} = Empty,
        ),
        metrics(into = SinkMetrics::global(), labels = self.labels()),
    )]
    pub(crate) async fn deliver(&self, rows: &[Event], schema: &Schema) -> Result<(), QueryError> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if let Target::Memory(kept) = &self.target {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(rows.iter().map(|row| row.to_json(schema)));
            let much = kept.len().saturating_sub(KEPT);
            kept.drain(..much);
        } else {
            let formatted = self.format(rows, schema);
            let mut retries = 0;
            while let Err(source) = self.write(&formatted, retries).await {
                if retries == self.retries {
                    spanwright::record!({ATTR_ERROR_DETAILS} = %source);
                    return Err(QueryError::Sink { sink: self.name.clone(), source });
                }
                retries += 1;
                spanwright::record!({ ATTR_RETRY_COUNT } = retries);
                self.tried_again(retries, &source).await;
            }
            SinkMetrics::global().bytes_total.with(self.labels()).add(formatted.len() as u64);
        }
        SinkMetrics::global().rows_total.with(self.labels()).add(rows.len() as u64);
        Ok(())
    }

    /// Waits longer each time.
    async fn tried_again(&self, retries: u32, error: &io::Error) {
        SinkMetrics::global().retries_total.with(self.labels()).inc();
        tracing::warn!(
            target: "eventflux::sink",
            { sink.name = &*self.name, retry.count = retries, %error },
            "Delivery has failed, it is tried again"
        );
        tokio::time::sleep(Duration::from_millis(25 << retries.min(6))).await;
    }

    /// As the sink has it: lines, or an array for another node.
    #[instrument(name = "Sink Formatting", target = "eventflux::sink", fields({ATTR_EVENT_COUNT} = rows.len()))]
    fn format(&self, rows: &[Event], schema: &Schema) -> String {
        let is_array = matches!(self.target, Target::Tcp(_) | Target::Grpc(_));
        let mut text = String::new();
        for row in rows {
            if is_array {
                text.push(if text.is_empty() { '[' } else { ',' });
            }
            text += &row.to_json(schema).to_string();
            if !is_array {
                text.push('\n');
            }
        }
        if is_array {
            text.push(']');
        }
        text
    }

    async fn write(&self, formatted: &str, retries: u32) -> io::Result<()> {
        match &self.target {
            Target::Log => {
                for row in formatted.lines() {
                    tracing::info!(target: "eventflux::sink", { sink.name = &*self.name, row }, "Row");
                }
                Ok(())
            }
            Target::File(file) => {
                let mut file = file.lock().await;
                file.write_all(formatted.as_bytes()).await?;
                file.flush().await
            }
            Target::Tcp(link) => link.send(formatted, retries).await,
            Target::Grpc(link) => link.send(formatted, retries).await,
            Target::Memory(_) => Ok(()),
        }
    }
}

async fn file(path: String) -> Result<Target, EngineError> {
    let opened = OpenOptions::new().create(true).append(true).open(&path).await;
    let file = opened.map_err(|source| EngineError::File { path, source })?;
    Ok(Target::File(tokio::sync::Mutex::new(file)))
}
