//! A line as a text with places says: `{timestamp} - {target} - {level} - {message}`.

use std::fmt::{self, Write};

use tracing::Event;

use super::pretty::{Visited, plain};
use super::timestamp::Rfc3339;
use crate::config::{LogPattern, Piece, PiecePlace};

pub(super) fn write(out: &mut String, now: Rfc3339, pattern: &LogPattern, event: &Event<'_>) -> fmt::Result {
    let mut visited = Visited::default();
    event.record(&mut visited);
    let metadata = event.metadata();
    let context = crate::span::around_event(event);
    for piece in &pattern.pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Place(PiecePlace::Timestamp) => write!(out, "{now}")?,
            Piece::Place(PiecePlace::Level) => out.push_str(metadata.level().as_str()),
            Piece::Place(PiecePlace::Target) => out.push_str(&plain(metadata.target())),
            Piece::Place(PiecePlace::Message) => out.push_str(visited.message()),
            Piece::Place(PiecePlace::Fields) => out.push_str(visited.fields()),
            // Outside of a span they are empty.
            Piece::Place(PiecePlace::TraceId) if context.span_id.is_some() => {
                write!(out, "{}", context.trace_id)?;
            }
            Piece::Place(PiecePlace::SpanId) if context.span_id.is_some() => {
                write!(out, "{}", context.span_id)?;
            }
            Piece::Place(PiecePlace::TraceId | PiecePlace::SpanId) => {}
        }
    }
    // What had no fields leaves no trace.
    out.truncate(out.trim_end().len());
    out.write_char('\n')
}
