//! The text of a log line, with places for what an event says.

use super::{Kind, Reason};
use crate::config::near::nearest;
use crate::config::problem::ShownValue;

/// The text of a log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPattern {
    /// As it was written.
    text: String,
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Place(Place),
}

/// What stands in a log line, by its place in [`Place::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Timestamp,
    Level,
    Target,
    Message,
    Fields,
    TraceId,
    SpanId,
}

impl Place {
    const NAMES: [(&'static str, Self); 7] = [
        ("timestamp", Self::Timestamp),
        ("level", Self::Level),
        ("target", Self::Target),
        ("message", Self::Message),
        ("fields", Self::Fields),
        ("trace_id", Self::TraceId),
        ("span_id", Self::SpanId),
    ];

    fn named(name: &str) -> Result<Self, Reason> {
        if let Some((_, place)) = Self::NAMES.into_iter().find(|(known, _)| *known == name) {
            return Ok(place);
        }
        let known = Self::NAMES.map(|(name, _)| format!("`{{{name}}}`")).join(", ");
        let meant = nearest(name, Self::NAMES.into_iter().map(|(name, _)| name));
        let meant = meant.map(|meant| format!("; did you mean `{{{meant}}}`?")).unwrap_or_default();
        let name = ShownValue::new(name).text();
        Err(format!("there is no `{{{name}}}` among {known}{meant}").into())
    }
}

/// The text of a log line.
pub(crate) struct LogPatterns;

impl Kind for LogPatterns {
    type Value = LogPattern;
    const EXPECTS: &'static str = "a text as `{timestamp} - {target} - {level} - {message}`";

    fn show(value: &LogPattern) -> String {
        ShownValue::new(&value.text).text().to_owned()
    }

    fn parse(text: &str) -> Result<LogPattern, Reason> {
        if text.chars().any(|character| character.is_control() && character != '\t') {
            return Err("a line has no control characters".into());
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = match brace {
                "{" => after.split_once('}').ok_or("a `{` has no `}`; `{{` is the character")?,
                _ => return Err("a `}` has no `{`; `}}` is the character".into()),
            };
            let place = Place::named(name)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Place(place));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Place(Place::Message | Place::Fields))) {
            return Err("a line without `{message}` and `{fields}` says nothing".into());
        }
        Ok(LogPattern { text: text.to_owned(), pieces })
    }
}
