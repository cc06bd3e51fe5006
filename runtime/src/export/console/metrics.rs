//! Prints metrics.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use super::table;
use crate::export::{ExportError, MetricExporter};
use crate::registry::Snapshot;

/// Prints each snapshot as a table.
///
/// A metric has a line with its name, kind and unit, and one for each series that has a value; those that are still at zero
/// are counted. A histogram's line has how much was observed, and estimates of quantiles. Writing may block for as long as
/// the writer does: the timeout of an export is not looked at.
///
/// ```
/// use std::time::Duration;
///
/// use spanwright::export::MetricExporter as _;
/// use spanwright::export::console::ConsoleMetricExporter;
/// use spanwright::registry::{Family, Kind, Snapshot, Value};
///
/// let visits = Family::new("visits_total", Kind::Counter).with([("page", "home")], Value::Counter(3));
/// let mut text = Vec::new();
/// let mut exporter = ConsoleMetricExporter::new(&mut text);
/// exporter.export(&Snapshot::from(vec![visits]), Duration::MAX)?;
/// drop(exporter);
/// let text = String::from_utf8_lossy(&text);
/// assert_eq!(text, "metrics at 1970-01-01T00:00:00.000000Z\nvisits_total counter\n  page=home  3\n");
/// # Ok::<(), spanwright::export::ExportError>(())
/// ```
pub struct ConsoleMetricExporter<W: Write + Send> {
    writer: W,
    /// What is being written; kept for its capacity.
    text: String,
}

impl ConsoleMetricExporter<io::Stdout> {
    /// Prints to standard output.
    ///
    /// ```
    /// use spanwright::export::console::ConsoleMetricExporter;
    ///
    /// let exporter = ConsoleMetricExporter::stdout();
    /// ```
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<W: Write + Send> ConsoleMetricExporter<W> {
    /// Prints to `writer`. Each snapshot is written at once, and flushed.
    ///
    /// ```
    /// use spanwright::export::console::ConsoleMetricExporter;
    ///
    /// let exporter = ConsoleMetricExporter::new(std::io::sink());
    /// ```
    pub fn new(writer: W) -> Self {
        Self { writer, text: String::new() }
    }
}

impl<W: Write + Send> MetricExporter for ConsoleMetricExporter<W> {
    fn name(&self) -> &'static str {
        "console"
    }

    /// Prints a snapshot.
    ///
    /// # Errors
    /// When the text could not be written.
    fn export(&mut self, snapshot: &Snapshot, _timeout: Duration) -> Result<(), ExportError> {
        self.text.clear();
        table::write(&mut self.text, snapshot);
        let written = self.writer.write_all(self.text.as_bytes()).and_then(|()| self.writer.flush());
        written.map_err(|error| {
            let lost = snapshot.families.iter().map(|family| family.series.len()).sum();
            ExportError::lost(lost, format!("the console can't be written to: {error}"))
        })
    }
}

impl<W: Write + Send> fmt::Debug for ConsoleMetricExporter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleMetricExporter").finish_non_exhaustive()
    }
}
