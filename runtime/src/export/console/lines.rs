//! Spans and events as lines.

use std::fmt::{self, Write as _};

use super::tree::{Place, places};
use super::{Ready, Why};
use crate::span::{AttributeValue, EventData, Outcome, SpanData, SpanKind};

const RED: &str = "\x1b[31m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Lines that are being written.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    colours: bool,
}

impl Lines {
    pub(super) fn new(colours: bool) -> Self {
        Self { text: String::new(), colours }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// A trace: its id, and the tree of its spans.
    pub(super) fn trace(&mut self, trace: &Ready) {
        let note = match trace.why {
            Why::Rooted => "",
            Why::Rootless => " (its root has not come)",
            Why::Late => " (came late; more of this trace stands above)",
        };
        let heading = format!("trace {}{note}", trace.trace_id);
        self.coloured(DIM, &heading);
        self.text.push('\n');
        for Place { span, before, beneath } in places(&trace.spans) {
            self.text.push_str(&before);
            self.span(span);
            for event in &span.events {
                self.text.push_str(&beneath);
                self.event(event, span.start_unix_nanos);
            }
            for link in &span.links {
                self.add(format_args!(
                    "{beneath}linked to span {} of trace {}\n",
                    link.span_id, link.trace_id
                ));
            }
        }
    }

    fn span(&mut self, span: &SpanData) {
        let nanos = span.end_unix_nanos.saturating_sub(span.start_unix_nanos);
        self.add(format_args!("{} {}", Escaped(&span.name), Duration(nanos)));
        if let Some(failure) = failure(span) {
            self.text.push(' ');
            self.coloured(RED, &failure);
        }
        if span.kind != SpanKind::Internal {
            self.add(format_args!(" {}", span.kind.as_str()));
        }
        self.attributes(&span.attributes);
        for (what, dropped) in [
            ("attributes", span.dropped_attributes),
            ("events", span.dropped_events),
            ("links", span.dropped_links),
        ] {
            if dropped > 0 {
                self.add(format_args!(" ({dropped} {what} did not fit)"));
            }
        }
        self.text.push('\n');
    }

    fn event(&mut self, event: &EventData, start: u64) {
        let sign = if event.unix_nanos < start { '-' } else { '+' };
        let offset = Duration(event.unix_nanos.abs_diff(start));
        self.add(format_args!("{sign}{offset} {} {}", event.level.as_str(), Escaped(&event.name)));
        self.attributes(&event.attributes);
        if event.dropped_attributes > 0 {
            self.add(format_args!(" ({} attributes did not fit)", event.dropped_attributes));
        }
        self.text.push('\n');
    }

    fn attributes(&mut self, attributes: &[(std::borrow::Cow<'static, str>, AttributeValue)]) {
        for (key, value) in attributes {
            self.add(format_args!(" {}=", Escaped(key)));
            match value {
                AttributeValue::Bool(value) => self.add(value),
                AttributeValue::I64(value) => self.add(value),
                AttributeValue::F64(value) => self.add(format_args!("{value:?}")),
                AttributeValue::Str(value) if is_word(value) => self.add(Escaped(value)),
                AttributeValue::Str(value) => self.add(format_args!("{value:?}")),
            }
        }
    }

    fn coloured(&mut self, colour: &str, text: &str) {
        if self.colours {
            self.add(format_args!("{colour}{text}{RESET}"));
        } else {
            self.text.push_str(text);
        }
    }

    fn add(&mut self, what: impl fmt::Display) {
        let _strings_take_all = write!(self.text, "{what}");
    }
}

/// What went wrong: the outcome, and what is said of it.
fn failure(span: &SpanData) -> Option<String> {
    let outcome = match span.outcome {
        Outcome::Ok => span.error.as_ref().map(|_| Outcome::Error)?,
        outcome => outcome,
    };
    let outcome = outcome.as_str();
    match span.error.as_deref() {
        Some(said) if !said.is_empty() && said != outcome => Some(format!("{outcome} {said:?}")),
        _ => Some(outcome.to_owned()),
    }
}

/// Whether a text is read as one value without quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '=')
}

/// Text in which all that could break a line or steer a terminal is escaped, as in Rust's literals; quotes, which can't,
/// stay as they are.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_quote = |c| c == '"' || c == '\'';
        let mut rest = self.0;
        while let Some(at) = rest.find(is_quote) {
            write!(f, "{}{}", rest[..at].escape_debug(), &rest[at..=at])?;
            rest = &rest[at + 1..];
        }
        write!(f, "{}", rest.escape_debug())
    }
}

/// Nanoseconds, in the unit that suits; cut off rather than rounded, so that `999.9ms` is less than a second.
struct Duration(u64);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MICRO: u64 = 1_000;
        const MILLI: u64 = 1_000_000;
        const SECOND: u64 = 1_000_000_000;
        const MINUTE: u64 = 60 * SECOND;
        const HOUR: u64 = 60 * MINUTE;
        let nanos = self.0;
        let tenth = |unit| (nanos / unit, nanos % unit * 10 / unit);
        match nanos {
            0..MICRO => write!(f, "{nanos}ns"),
            MICRO..MILLI => tenths(f, tenth(MICRO), "µs"),
            MILLI..SECOND => tenths(f, tenth(MILLI), "ms"),
            SECOND..MINUTE => write!(f, "{}.{:02}s", nanos / SECOND, nanos % SECOND / (SECOND / 100)),
            MINUTE..HOUR => write!(f, "{}m{:02}s", nanos / MINUTE, nanos % MINUTE / SECOND),
            _ => write!(f, "{}h{:02}m", nanos / HOUR, nanos % HOUR / MINUTE),
        }
    }
}

fn tenths(f: &mut fmt::Formatter<'_>, (whole, tenth): (u64, u64), unit: &str) -> fmt::Result {
    write!(f, "{whole}.{tenth}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_suits() {
        for (nanos, shown) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.0µs"),
            (999_999, "999.9µs"),
            (1_000_000, "1.0ms"),
            (12_345_678, "12.3ms"),
            (999_999_999, "999.9ms"),
            (1_000_000_000, "1.00s"),
            (59_999_999_999, "59.99s"),
            (60_000_000_000, "1m00s"),
            (3_599_999_999_999, "59m59s"),
            (3_600_000_000_000, "1h00m"),
            (u64::MAX, "5124095h34m"),
        ] {
            assert_eq!(Duration(nanos).to_string(), shown, "{nanos}");
        }
    }

    #[test]
    fn text_is_escaped_where_it_could_mislead() {
        for (text, shown) in [
            ("don't \"say\" grüße ☃", "don't \"say\" grüße ☃"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31m\u{7f}\u{9b}0m", "\\u{1b}[31m\\u{7f}\\u{9b}0m"),
            ("\u{202e}gpj.exe\u{2028}", "\\u{202e}gpj.exe\\u{2028}"),
            ("a\\nb", "a\\\\nb"),
            ("'\n'", "'\\n'"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown, "{text:?}");
        }
    }
}
