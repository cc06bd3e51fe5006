//! Spans as trees, and metrics as tables, that people read while they develop or debug.
//!
//! ```text
//! trace 0102030405060708090a0b0c0d0e0f10
//! GET /orders 12.3ms server http.route=/orders
//! │  +100.0µs INFO request read size=3
//! ├─ load 3.2ms
//! └─ save 8.0ms error "disk full" retries=2
//! ```
//!
//! | Module | Does |
//! | --- | --- |
//! | `held` | keeps spans until their trace can be printed |
//! | `tree` | puts spans of a trace in order, under their parents |
//! | `lines` | spans and events as lines |
//! | `table` | metrics as lines |
//! | `metrics` | the exporter of metrics |
//!
//! Invariants:
//! - all times, the waiting time of traces included, are those of the spans: the same spans give the same text;
//! - what is kept is bounded; every span is printed once;
//! - a line is a line: what could break one, or steer a terminal, is escaped wherever it stands.

mod held;
mod lines;
mod metrics;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

pub use self::metrics::ConsoleMetricExporter;

use self::held::{Held, Ready, Why};
use self::lines::Lines;
use super::{ExportError, SpanExporter};
use crate::span::SpanRef;

/// Prints each trace as a tree.
///
/// A trace is printed when its local root has arrived: a span without a parent, or with one in another process. Where
/// that does not come, it is printed as far as it is there when spans arrive that ended 10 seconds later, when more than
/// 1,000 spans are kept (the trace that waits longest first), or when the exporter is dropped; a note says so. Spans of
/// a trace that was printed before are printed as they come, with a note. The last 1,000 printed traces are remembered.
///
/// A line has the span's name, its duration, what went wrong, its kind where that is not internal, and its attributes.
/// Beneath stand its events and links, then its children by the time of their start. Writing may block for as long as the
/// writer does: the timeout of an export is not looked at.
///
/// ```
/// use std::time::Duration;
///
/// use spanwright::export::SpanExporter as _;
/// use spanwright::export::console::ConsoleExporter;
/// use spanwright::span::{SpanBatch, SpanData};
///
/// let span = SpanData { name: "load".into(), end_unix_nanos: 1_234_567, ..SpanData::default() };
/// let batch: SpanBatch = [span].into_iter().collect();
/// let mut text = Vec::new();
/// let mut exporter = ConsoleExporter::new(&mut text, false);
/// exporter.export(&batch.iter().collect::<Vec<_>>(), Duration::MAX)?;
/// drop(exporter);
/// assert_eq!(String::from_utf8_lossy(&text), "trace 00000000000000000000000000000000\nload 1.2ms\n");
/// # Ok::<(), spanwright::export::ExportError>(())
/// ```
pub struct ConsoleExporter<W: Write + Send> {
    writer: W,
    held: Held,
    lines: Lines,
}

impl ConsoleExporter<io::Stdout> {
    /// Prints to standard output; in colours where that is a terminal and `NO_COLOR` is not set (see
    /// <https://no-color.org>).
    ///
    /// ```
    /// use spanwright::export::console::ConsoleExporter;
    ///
    /// let exporter = ConsoleExporter::stdout();
    /// ```
    #[must_use]
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let colours = wants_colours(&stdout);
        Self::new(stdout, colours)
    }
}

impl ConsoleExporter<io::Stderr> {
    /// Prints to standard error; in colours where that is a terminal and `NO_COLOR` is not set (see
    /// <https://no-color.org>).
    ///
    /// ```
    /// use spanwright::export::console::ConsoleExporter;
    ///
    /// let exporter = ConsoleExporter::stderr();
    /// ```
    #[must_use]
    pub fn stderr() -> Self {
        let stderr = io::stderr();
        let colours = wants_colours(&stderr);
        Self::new(stderr, colours)
    }
}

fn wants_colours(output: &impl IsTerminal) -> bool {
    output.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl<W: Write + Send> ConsoleExporter<W> {
    /// Prints to `writer`, with the colours of a terminal (ECMA-48) or without any. Each export is written at once, and
    /// flushed.
    ///
    /// ```
    /// use spanwright::export::console::ConsoleExporter;
    ///
    /// let exporter = ConsoleExporter::new(std::io::sink(), false);
    /// ```
    pub fn new(writer: W, colours: bool) -> Self {
        Self { writer, held: Held::default(), lines: Lines::new(colours) }
    }

    fn print(&mut self, traces: &[Ready]) -> Result<(), ExportError> {
        if traces.is_empty() {
            return Ok(());
        }
        self.lines.clear();
        for trace in traces {
            self.lines.trace(trace);
        }
        let written = self.writer.write_all(self.lines.as_bytes()).and_then(|()| self.writer.flush());
        written.map_err(|error| {
            let lost = traces.iter().map(|trace| trace.spans.len()).sum();
            ExportError::lost(lost, format!("the console can't be written to: {error}"))
        })
    }
}

impl<W: Write + Send> SpanExporter for ConsoleExporter<W> {
    fn name(&self) -> &'static str {
        "console"
    }

    /// Prints the traces that can be printed now, and keeps the other spans.
    ///
    /// # Errors
    /// When the text could not be written: all spans that it has are lost, those kept from earlier calls included.
    fn export(&mut self, spans: &[SpanRef<'_>], _timeout: Duration) -> Result<(), ExportError> {
        let ready = self.held.add(spans);
        self.print(&ready)
    }
}

/// Prints what is still kept.
impl<W: Write + Send> Drop for ConsoleExporter<W> {
    fn drop(&mut self) {
        let rest = self.held.take_all();
        // There is nobody left to tell.
        let _lost = self.print(&rest);
    }
}

impl<W: Write + Send> fmt::Debug for ConsoleExporter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleExporter").field("held", &self.held.len()).finish_non_exhaustive()
    }
}
