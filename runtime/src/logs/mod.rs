//! Log lines: `tracing` events, as JSON for machines, as text for people, each with the open spans around it and their ids, or as
//! a pattern says.
//!
//! [`Telemetry`](crate::Telemetry) writes them, also where spans are off. Records of the crate `log` arrive as events, and so
//! do panics. Which are logged says [`set_filter`], while the program runs.
//!
//! A line is one write, and whoever logs waits for it: so a line that was logged is there, whatever becomes of the process
//! then, and the lines of a thread are in order. What can't be written is counted
//! (`spanwright_log_lines_dropped_total`) and reported.
//!
//! Invariants:
//! - the layer refuses every span, so that nobody makes `tracing` spans for its sake;
//! - an event is one line and one write: what a message or a field holds can't forge another line, nor send
//!   escape sequences to a terminal;
//! - no lock is held while a value is formatted.

mod file;
mod json;
mod output;
mod panics;
mod pattern;
mod pretty;
mod records;
mod spans;
pub(crate) mod timestamp;

use std::cell::RefCell;
use std::error::Error;
use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::SystemTime;

use tracing::{Event, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context as LayerContext, Filter};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{self, JsonKeys, LogFormat, LogPattern, TargetLevels};
use crate::own_metrics::OwnMetrics;
pub(crate) use file::LogFile;
pub(crate) use output::Output;
pub(crate) use panics::log_panics;
pub(crate) use records::log_records;

/// How lines are written, and where.
#[derive(Debug)]
pub(crate) struct Lines {
    /// For whom.
    pub(crate) format: LogFormat,
    /// Their text, in place of that.
    pub(crate) pattern: Option<LogPattern>,
    /// Whether the output understands colours; for people only.
    pub(crate) colours: bool,
    /// What keys are called; for machines only.
    pub(crate) keys: JsonKeys,
    /// What the time is.
    pub(crate) clock: fn() -> SystemTime,
    /// Where.
    pub(crate) output: Output,
}

impl Lines {
    /// Writes an event.
    fn write(&self, event: &Event<'_>) {
        thread_local! {
            /// One line after the other, without an allocation for each.
            static LINE: RefCell<String> = const { RefCell::new(String::new()) };
        }
        /// A buffer that one line has made larger is given back.
        const LARGEST_KEPT: usize = 64 << 10;

        // What formats may log: then the line within has a buffer of its own.
        let mut line = LINE.try_with(RefCell::take).unwrap_or_default();
        line.clear();
        let now = timestamp::Rfc3339((self.clock)());
        // A text takes whatever is written into it.
        let _ = match (&self.pattern, self.format) {
            (Some(pattern), _) => pattern::write(&mut line, now, pattern, event),
            (None, LogFormat::Json) => json::write(&mut line, now, &self.keys, event),
            (None, LogFormat::Pretty) => pretty::write(&mut line, now, self.colours, event),
        };
        if let Err(reason) = self.output.write(line.as_bytes()) {
            OwnMetrics::global().log_lines_dropped_total.inc();
            crate::telemetry::report(&format!("a log line is not written: {reason}"));
        }
        if line.capacity() <= LARGEST_KEPT {
            let _ = LINE.try_with(|kept| kept.replace(line));
        }
    }
}

/// What can be changed while the program runs, shared with the layer.
#[derive(Clone, Debug)]
pub(crate) struct Logging(Arc<State>);

#[derive(Debug)]
struct State {
    levels: RwLock<TargetLevels>,
    lines: RwLock<Option<Arc<Lines>>>,
}

/// The logging of this process.
static PROCESS: LazyLock<Logging> = LazyLock::new(|| Logging::new(TargetLevels::of(LevelFilter::INFO)));

impl Logging {
    /// Logs nothing until it has lines.
    pub(crate) fn new(levels: TargetLevels) -> Self {
        Self(Arc::new(State { levels: RwLock::new(levels), lines: RwLock::new(None) }))
    }

    /// That of this process.
    pub(crate) fn of_process() -> &'static Self {
        &PROCESS
    }

    /// Writes lines so from here on.
    pub(crate) fn set_lines(&self, lines: Lines) {
        *self.0.lines.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(lines));
    }

    /// Lets other events through from here on. Who has the layer in a subscriber sees to it that `tracing` asks anew.
    pub(crate) fn set_levels(&self, levels: TargetLevels) {
        *self.0.levels.write().unwrap_or_else(PoisonError::into_inner) = levels;
    }

    fn levels<R>(&self, read: impl FnOnce(&TargetLevels) -> R) -> R {
        read(&self.0.levels.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn lines(&self) -> Option<Arc<Lines>> {
        self.0.lines.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A layer that writes the events that are let through.
pub(crate) fn layer<S>(logging: &Logging) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    LineLayer { logging: logging.clone() }.with_filter(EventsOnly { logging: logging.clone() })
}

/// Writes events.
struct LineLayer {
    logging: Logging,
}

impl<S: Subscriber> Layer<S> for LineLayer {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        if let Some(lines) = self.logging.lines() {
            lines.write(event);
        }
    }
}

/// Lets events through by target and level, and no spans.
struct EventsOnly {
    logging: Logging,
}

impl EventsOnly {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let enabled = |levels: &TargetLevels| levels.would_enable(metadata.target(), metadata.level());
        metadata.is_event() && self.logging.levels(enabled)
    }
}

impl<S> Filter<S> for EventsOnly {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &LayerContext<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.logging.levels(TargetLevels::most_verbose))
    }
}

/// A filter that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter {reason}")]
pub struct FilterError {
    reason: String,
}

/// Changes which events are logged and exported from here on, as `RUST_LOG` does at the start: `info,my_crate::db=debug`. Which
/// spans are recorded stays as it is.
///
/// A name is about a target and all that is within it, of modules (`shop::db`) and of dotted names (`eventsource.bus`).
///
/// ```
/// spanwright::logs::set_filter("warn,shop::db=debug")?;
/// assert_eq!(spanwright::logs::filter(), "warn,shop::db=debug");
/// let error = spanwright::logs::set_filter("warn,shop::db=loud").unwrap_err();
/// assert!(error.to_string().contains("`shop::db=loud` has no level"));
/// # Ok::<(), spanwright::logs::FilterError>(())
/// ```
///
/// # Errors
/// When a part of it can't be read, or is a word alone that is nearly a level and would be taken for a target; the error names
/// it. The filter stays as it was.
pub fn set_filter(filter: &str) -> Result<(), FilterError> {
    let levels = config::parse::<config::Filter>(filter).map_err(|reason| FilterError { reason })?;
    // At the start it is only remarked on; here somebody reads the answer.
    config::remark::<config::Filter>(filter).map_or(Ok(()), |reason| Err(FilterError { reason }))?;
    put_in_force(levels);
    Ok(())
}

/// Which events are logged now, as a variable has it: the level of all others first.
#[must_use]
pub fn filter() -> String {
    Logging::of_process().levels(TargetLevels::to_string)
}

/// Makes these the levels of the process's lines, of what is exported, and of the crate `log`.
pub(crate) fn put_in_force(levels: TargetLevels) {
    records::set_most_verbose(levels.most_verbose());
    Logging::of_process().set_levels(levels.clone());
    // Makes `tracing` ask all filters anew.
    crate::span::set_event_filter(levels);
}

/// An error and what caused it, the outermost first. A chain that bites its own tail ends somewhere.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    const LONGEST: usize = 32;
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
        .take(LONGEST)
        .map(|error| {
            let mut text = String::new();
            // What an error manages to say before it fails is better than a panic in the log.
            let _ = write!(text, "{error}");
            text
        })
}

/// An error and what caused it, `: ` in between.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).collect::<Vec<_>>().join(": ")
}

/// What `Debug` says. Unlike `format!`, it doesn't panic where `Debug` fails.
fn debug(value: &dyn fmt::Debug) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value:?}");
    text
}

#[cfg(test)]
mod tests;
