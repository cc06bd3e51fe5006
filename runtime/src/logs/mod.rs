//! Log lines: `tracing` events, as JSON for machines or as text for people, each with the ids of its span.
//!
//! Invariants:
//! - the layer refuses every span, so that nobody makes `tracing` spans for its sake;
//! - an event is one line and one write: what a message or a field holds can't forge another line, nor send
//!   escape sequences to a terminal.

mod json;
mod pretty;
pub(crate) mod timestamp;

use std::error::Error;
use std::fmt::{self, Write};
use std::time::SystemTime;

use tracing::{Event, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::{Context as LayerContext, Filter};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{LogFormat, TargetLevels};

/// How lines are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogStyle {
    /// For whom.
    pub(crate) format: LogFormat,
    /// Whether the output understands colours; for people only.
    pub(crate) colours: bool,
    /// What the time is.
    pub(crate) clock: fn() -> SystemTime,
}

/// A layer that writes the events that `filter` lets through.
pub(crate) fn layer<S, W>(style: LogStyle, filter: TargetLevels, writer: W) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .event_format(style)
        .with_writer(writer)
        .with_filter(EventsOnly { targets: filter })
}

impl<S, N> FormatEvent<S, N> for LogStyle
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _spans: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = timestamp::Rfc3339((self.clock)());
        match self.format {
            LogFormat::Json => json::write(&mut writer, now, event),
            LogFormat::Pretty => pretty::write(&mut writer, now, self.colours, event),
        }
    }
}

/// Lets events through by target and level, and no spans.
#[derive(Debug)]
struct EventsOnly {
    targets: TargetLevels,
}

impl<S> Filter<S> for EventsOnly {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &LayerContext<'_, S>) -> bool {
        metadata.is_event() && self.targets.would_enable(metadata.target(), metadata.level())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let enabled = metadata.is_event() && self.targets.would_enable(metadata.target(), metadata.level());
        if enabled { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.targets.most_verbose())
    }
}

/// An error and what caused it, `: ` in between.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        // What an error manages to say before it fails is better than a panic in the log.
        let _ = write!(text, "{error}");
        next = error.source();
    }
    text
}

/// What `Debug` says. Unlike `format!`, it doesn't panic where `Debug` fails.
fn debug(value: &dyn fmt::Debug) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value:?}");
    text
}

#[cfg(test)]
mod tests;
