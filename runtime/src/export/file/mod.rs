//! Spans, events and metrics as lines of OTLP's JSON, in a file or on standard output.
//!
//! | Module | Does |
//! | --- | --- |
//! | `request` | spans, events or data points to a line |
//! | `metrics` | the exporter of metrics |
//! | `output` | appends lines to a file of bounded size |
//!
//! Sources: OpenTelemetry's
//! [file exporter](https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/) and
//! [OTLP/JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). The Collector's
//! `otlpjsonfilereceiver` reads such files; the decoder of `opentelemetry-proto` judges them in the tests.
//!
//! Invariants:
//! - a line is a whole request, of at most 1 MiB unless a single span, event or data point is greater;
//! - a file that is begun here never grows beyond its bound.

mod metrics;
mod output;
mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use self::metrics::FileMetricExporter;

use self::output::Output;
use self::request::{Item, MAX_LINE};
use super::{ExportError, LogExporter, SpanExporter};
use crate::config::Shown;
use crate::span::{EventRef, SpanRef};

/// Where lines go and what goes with them.
///
/// ```
/// use spanwright::export::file::FileSettings;
///
/// let settings = FileSettings { path: "/var/log/shop/spans.jsonl".into(), ..FileSettings::default() };
/// assert_eq!(settings.max_bytes, 64 << 20);
/// ```
#[derive(Clone)]
pub struct FileSettings {
    /// The file, which should have the extension `jsonl` and belongs to one exporter alone; `-`, the default, is standard
    /// output.
    pub path: PathBuf,
    /// How great the file may become, in bytes; 64 MiB by default. A line that would make it greater goes into a new one,
    /// and the former file is renamed to the path with `.1` after it, in place of what has that name. So both together
    /// take twice this much at most. What is no regular file, such as standard output or a pipe, has no bound.
    pub max_bytes: u64,
    /// Attributes of what sends: `service.name` and others; none by default.
    pub resource: Vec<(String, String)>,
}

impl fmt::Debug for FileSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSettings")
            .field("path", &self.path)
            .field("max_bytes", &self.max_bytes)
            .field("resource", &Shown(&self.resource))
            .finish()
    }
}

impl Default for FileSettings {
    fn default() -> Self {
        Self { path: PathBuf::from("-"), max_bytes: 64 << 20, resource: Vec::new() }
    }
}

/// Why an exporter can't be made of its settings.
///
/// ```
/// use spanwright::export::file::{FileExporter, FileSettings};
///
/// let settings = FileSettings { path: "/no/such/folder/spans.jsonl".into(), ..FileSettings::default() };
/// let error = FileExporter::new(settings).unwrap_err();
/// assert!(error.to_string().starts_with("`/no/such/folder/spans.jsonl` can't be opened: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file can't be opened, or made.
    #[error("`{}` can't be opened: {reason}", path.display())]
    Open {
        /// The path, as in the settings.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Writes spans to a file: each line is an `ExportTraceServiceRequest` in OTLP's JSON.
///
/// A file that is there already is appended to; a new one can be read and written by its owner alone. When writing fails,
/// the batch is lost as far as it was not written, and the file is opened anew for the next one. Lines are not forced
/// onto the disk: what the system has not stored yet is lost when it crashes.
///
/// ```
/// use std::time::Duration;
///
/// use spanwright::export::SpanExporter as _;
/// use spanwright::export::file::{FileExporter, FileSettings};
/// use spanwright::span::{SpanBatch, SpanData};
///
/// let path = std::env::temp_dir().join(format!("spans-{}.jsonl", std::process::id()));
/// let mut exporter = FileExporter::new(FileSettings { path: path.clone(), ..FileSettings::default() })?;
/// let batch: SpanBatch = [SpanData { name: "load".into(), ..SpanData::default() }].into_iter().collect();
/// exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)?;
/// assert!(std::fs::read_to_string(&path)?.starts_with(r#"{"resourceSpans":[{"#));
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileExporter(Lines);

impl FileExporter {
    /// An exporter with these settings. The file is opened, and nothing written yet.
    ///
    /// # Errors
    /// [`FileError::Open`] where the file can't be opened or made.
    ///
    /// ```
    /// use spanwright::export::file::{FileExporter, FileSettings};
    ///
    /// let to_standard_output = FileExporter::new(FileSettings::default())?;
    /// # Ok::<(), spanwright::export::file::FileError>(())
    /// ```
    pub fn new(settings: FileSettings) -> Result<Self, FileError> {
        Lines::new(settings).map(Self)
    }
}

impl SpanExporter for FileExporter {
    fn name(&self) -> &'static str {
        "file"
    }

    /// Appends a batch, in one line or several. The timeout is not looked at: a disk takes as long as it takes.
    ///
    /// # Errors
    /// When spans could not be written, or one is greater alone than the file may become.
    fn export(&mut self, spans: &[SpanRef<'_>], _timeout: Duration) -> Result<(), ExportError> {
        self.0.append(spans)
    }
}

/// Writes events to a file: each line is an `ExportLogsServiceRequest` in OTLP's JSON.
///
/// The file is treated as by [`FileExporter`], and must be another one: OTLP's files have one kind of data each.
///
/// ```
/// use std::time::Duration;
///
/// use spanwright::export::LogExporter as _;
/// use spanwright::export::file::{FileLogExporter, FileSettings};
/// use spanwright::span::{EventBatch, EventData};
///
/// let path = std::env::temp_dir().join(format!("logs-{}.jsonl", std::process::id()));
/// let mut exporter = FileLogExporter::new(FileSettings { path: path.clone(), ..FileSettings::default() })?;
/// let batch: EventBatch = [EventData { message: "hello".into(), ..EventData::default() }].into_iter().collect();
/// exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)?;
/// assert!(std::fs::read_to_string(&path)?.contains(r#""body":{"stringValue":"hello"}"#));
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileLogExporter(Lines);

impl FileLogExporter {
    /// An exporter with these settings. The file is opened, and nothing written yet.
    ///
    /// # Errors
    /// [`FileError::Open`] where the file can't be opened or made.
    ///
    /// ```
    /// use spanwright::export::file::{FileLogExporter, FileSettings};
    ///
    /// let to_standard_output = FileLogExporter::new(FileSettings::default())?;
    /// # Ok::<(), spanwright::export::file::FileError>(())
    /// ```
    pub fn new(settings: FileSettings) -> Result<Self, FileError> {
        Lines::new(settings).map(Self)
    }
}

impl LogExporter for FileLogExporter {
    fn name(&self) -> &'static str {
        "file"
    }

    /// Appends a batch, in one line or several. The timeout is not looked at: a disk takes as long as it takes.
    ///
    /// # Errors
    /// When events could not be written, or one is greater alone than the file may become.
    fn export(&mut self, events: &[EventRef<'_>], _timeout: Duration) -> Result<(), ExportError> {
        self.0.append(events)
    }
}

/// What all exporters are.
struct Lines {
    output: Output,
    resource: Vec<(String, String)>,
    /// The line that is being written; kept for its capacity.
    line: String,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("output", &self.output)
            .field("resource", &Shown(&self.resource))
            .finish_non_exhaustive()
    }
}

impl Lines {
    fn new(settings: FileSettings) -> Result<Self, FileError> {
        let FileSettings { path, max_bytes, resource } = settings;
        let output =
            Output::open(path.clone(), max_bytes).map_err(|reason| FileError::Open { path, reason })?;
        Ok(Self { output, resource, line: String::new() })
    }

    fn append<I: Item>(&mut self, items: &[I]) -> Result<(), ExportError> {
        let mut items = items.to_vec();
        // A scope is written once in a line; a stable sort keeps the order within it.
        items.sort_by(|one, other| one.target().cmp(other.target()));
        let bound = self.output.bound();
        let limit = MAX_LINE.min(usize::try_from(bound).unwrap_or(usize::MAX));
        let mut too_great: Option<ExportError> = None;
        let mut rest = items.as_slice();
        while !rest.is_empty() {
            let taken = request::line(&mut self.line, &self.resource, rest, limit);
            if self.line.len() as u64 > bound {
                let (length, shown) = (self.line.len(), self.output.shown());
                let reason = format!("{shown} may have {bound} bytes, and a single line needs {length}");
                too_great.get_or_insert(ExportError::lost(0, reason)).lost += taken;
            } else if let Err(reason) = self.output.write(self.line.as_bytes()) {
                // What fails once fails again: the rest waits for nothing.
                let lost = rest.len() + too_great.map_or(0, |error| error.lost);
                return Err(ExportError::lost(lost, reason));
            }
            rest = &rest[taken..];
        }
        too_great.map_or(Ok(()), Err)
    }
}
