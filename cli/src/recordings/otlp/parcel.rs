//! What is sent of one recording, a batch at a time.

use std::fmt;
use std::time::Duration;

use spanwright::export::otlp::{OtlpError, OtlpExporter, OtlpLogExporter, OtlpSettings};
use spanwright::export::{ExportError, LogExporter, SpanExporter};
use spanwright::span::{EventBatch, EventData, SpanBatch, SpanData};
use spanwright_recording::Record;
use spanwright_recording::event::Event;

use super::convert;

/// So many are sent together.
const BATCH: usize = 512;
/// The settings' timeout bounds each request; this bounds none.
const LONG: Duration = Duration::from_secs(1 << 20);
/// So many reasons are told of.
const MOST_REASONS: usize = 20;

/// Why it went no further.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undelivered {
    #[error(transparent)]
    Settings(#[from] OtlpError),
    #[error("{0}")]
    Spans(String),
    #[error("{0}; with `--kind span` no log events are sent")]
    Logs(String),
}

/// What has arrived.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    spans: usize,
    logs: usize,
    refused: Vec<String>,
}

impl Delivered {
    /// What the collector did not take, and why.
    pub(super) fn refused(&self) -> &[String] {
        &self.refused
    }

    /// Takes note of how many arrived. A batch of which nothing was taken means that nothing will be.
    fn count(&mut self, sent: usize, result: Result<(), ExportError>) -> Result<usize, String> {
        let Err(ExportError { lost, reason, .. }) = result else { return Ok(sent) };
        if lost >= sent {
            return Err(reason);
        }
        if self.refused.len() < MOST_REASONS {
            self.refused.push(reason);
        }
        Ok(sent - lost)
    }
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = |count| if count == 1 { "" } else { "s" };
        let (spans, logs) = (self.spans, self.logs);
        write!(f, "{spans} span{} and {logs} log event{} are", ending(spans), ending(logs))
    }
}

/// What is sent of one recording.
#[derive(Debug)]
pub(super) struct Parcel {
    to_traces: OtlpExporter,
    to_logs: OtlpLogExporter,
    spans: Vec<SpanData>,
    logs: Vec<EventData>,
}

impl Parcel {
    pub(super) fn new(
        traces: OtlpSettings,
        logs: OtlpSettings,
        resource: Vec<(String, String)>,
    ) -> Result<Self, OtlpError> {
        Ok(Self {
            to_traces: OtlpExporter::new(OtlpSettings { resource: resource.clone(), ..traces })?,
            to_logs: OtlpLogExporter::new(OtlpSettings { resource, ..logs })?,
            spans: Vec::new(),
            logs: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, record: &Record<'_>, delivered: &mut Delivered) -> Result<(), Undelivered> {
        match &record.event {
            Event::Span(span) => self.spans.push(convert::span(record, span)),
            Event::Open(open) => self.spans.push(convert::open(record, open)),
            Event::Log(log) => self.logs.push(convert::log(record, log)),
            _ => {}
        }
        if self.spans.len() >= BATCH {
            self.send_spans(delivered)?;
        }
        if self.logs.len() >= BATCH { self.send_logs(delivered) } else { Ok(()) }
    }

    /// Sends the rest.
    pub(super) fn finish(mut self, delivered: &mut Delivered) -> Result<(), Undelivered> {
        self.send_spans(delivered)?;
        self.send_logs(delivered)
    }

    fn send_spans(&mut self, delivered: &mut Delivered) -> Result<(), Undelivered> {
        if self.spans.is_empty() {
            return Ok(());
        }
        let batch: SpanBatch = self.spans.drain(..).collect();
        let result = self.to_traces.export(&batch.iter().collect::<Vec<_>>(), LONG);
        delivered.spans += delivered.count(batch.len(), result).map_err(Undelivered::Spans)?;
        Ok(())
    }

    fn send_logs(&mut self, delivered: &mut Delivered) -> Result<(), Undelivered> {
        if self.logs.is_empty() {
            return Ok(());
        }
        let batch: EventBatch = self.logs.drain(..).collect();
        let result = self.to_logs.export(&batch.iter().collect::<Vec<_>>(), LONG);
        delivered.logs += delivered.count(batch.len(), result).map_err(Undelivered::Logs)?;
        Ok(())
    }
}
