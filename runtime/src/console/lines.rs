//! The last log lines, written as the page gets them.

use std::collections::VecDeque;

use crate::export::json;
use crate::span::{EventRef, TraceId};

use super::spans::{attributes, millis};

/// Lines that are kept.
pub(crate) const MOST_LINES: usize = 5_000;
/// And no more bytes than this.
const MOST_BYTES: usize = 8 << 20;
/// Lines that are sent at a time; later ones are dropped.
const MOST_AT_A_TIME: usize = 1_000;

/// Log lines by their number, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Lines {
    kept: VecDeque<Line>,
    bytes: usize,
    /// The next one's number.
    next: u64,
    /// The first that was not sent yet.
    unsent: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Line {
    id: u64,
    trace_id: TraceId,
    json: Box<str>,
}

impl Lines {
    /// Keeps an event.
    pub(super) fn add(&mut self, event: &EventRef<'_>) {
        if self.next - self.unsent >= MOST_AT_A_TIME as u64 {
            self.dropped += 1;
            return;
        }
        let id = self.next;
        self.next += 1;
        let json = written(id, event).into_boxed_str();
        self.bytes += json.len();
        self.kept.push_back(Line { id, trace_id: event.trace_id(), json });
        while self.kept.len() > MOST_LINES || (self.bytes > MOST_BYTES && self.kept.len() > 1) {
            self.bytes -= self.kept.pop_front().map_or(0, |line| line.json.len());
        }
    }

    /// Notes that so many were lost on the way.
    pub(super) fn lose(&mut self, lines: u64) {
        self.dropped += lines;
    }

    /// What has come since this was last called, as an event; nothing where nothing has.
    pub(super) fn news(&mut self, at_ms: u64) -> Option<String> {
        let (unsent, dropped) = (self.unsent, std::mem::take(&mut self.dropped));
        self.unsent = self.next;
        if self.next == unsent && dropped == 0 {
            return None;
        }
        let new = self.kept.iter().skip_while(|line| line.id < unsent);
        Some(frame(at_ms, false, dropped, new))
    }

    /// The last ones that were sent, for who has none.
    pub(super) fn last(&self, at_ms: u64) -> String {
        let sent = self.kept.partition_point(|line| line.id < self.unsent);
        let first = sent.saturating_sub(MOST_AT_A_TIME);
        frame(at_ms, true, 0, self.kept.range(first..sent))
    }

    /// Those of a trace, as an array.
    pub(super) fn of_trace(&self, trace_id: TraceId) -> String {
        array(self.kept.iter().filter(|line| line.trace_id == trace_id))
    }
}

fn frame<'l>(at_ms: u64, full: bool, dropped: u64, lines: impl Iterator<Item = &'l Line>) -> String {
    format!(r#"{{"at_ms":{at_ms},"full":{full},"lines":{},"dropped":{dropped}}}"#, array(lines))
}

fn array<'l>(lines: impl Iterator<Item = &'l Line>) -> String {
    super::spans::joined(lines.map(|line| &*line.json))
}

fn written(id: u64, event: &EventRef<'_>) -> String {
    let mut out = String::with_capacity(256);
    json::object(&mut out, |line| {
        line.bare("id", id);
        line.bare("at_ms", millis(event.unix_nanos()));
        line.text("level", event.level().as_str());
        line.text("target", event.target());
        // One without a message is called by its name.
        line.text("message", if event.message().is_empty() { event.name() } else { event.message() });
        line.object("fields", |fields| attributes(fields, event.attributes()));
        if event.trace_id().is_some() {
            line.quoted("trace_id", event.trace_id());
        }
        if event.span_id().is_some() {
            line.quoted("span_id", event.span_id());
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{AttributeValue, EventBatch, EventData};
    use serde_json::Value;

    fn lines(messages: impl IntoIterator<Item = String>) -> EventBatch {
        let event = |message: String| EventData {
            message: message.into(),
            attributes: vec![("<b>".into(), AttributeValue::Str("\u{2028}\"".into()))],
            ..EventData::default()
        };
        messages.into_iter().map(event).collect()
    }

    fn read(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn lines_are_sent_once_and_the_last_ones_to_who_comes() {
        let mut all = Lines::default();
        assert_eq!(all.news(1), None);
        lines((0..3).map(|at| format!("line {at}\n</script>"))).iter().for_each(|event| all.add(&event));
        assert_eq!(read(&all.last(1))["lines"].as_array().unwrap().len(), 0, "what was not sent comes yet");
        let news = read(&all.news(1).unwrap());
        assert_eq!(news["lines"][2]["message"], "line 2\n</script>");
        assert_eq!(news["lines"][2]["fields"]["<b>"], "\u{2028}\"");
        assert_eq!(all.news(1), None);
        assert_eq!(read(&all.last(1))["lines"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn there_are_bounds_on_lines_at_a_time_and_on_what_is_kept() {
        let mut all = Lines::default();
        for _ in 0..6 {
            lines((0..1_100).map(|at| at.to_string())).iter().for_each(|event| all.add(&event));
            let news = read(&all.news(1).unwrap());
            assert_eq!((news["lines"].as_array().unwrap().len(), &news["dropped"]), (1_000, &100.into()));
        }
        assert_eq!(all.kept.len(), MOST_LINES);
        let large = "x".repeat(MOST_BYTES / 2);
        lines([large.clone(), large.clone(), large]).iter().for_each(|event| all.add(&event));
        assert_eq!(all.kept.len(), 1);
        assert_eq!(all.bytes, all.kept.iter().map(|line| line.json.len()).sum::<usize>());
    }
}
