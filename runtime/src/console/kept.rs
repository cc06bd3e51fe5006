//! A trace that is kept: what is said of it in lists, and its spans as JSON.

use super::spans::{self, joined, millis};
use super::traces::{Find, function_of, is_root};
use crate::export::json;
use crate::span::{Outcome, SpanRef, TraceId};

/// Spans of a trace that are kept.
pub(crate) const MOST_SPANS: usize = 1_000;
/// And no more bytes than this.
const MOST_BYTES: usize = 1 << 20;

/// What lists say of a trace.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    /// Its root, or the earliest span where none was seen.
    pub(super) name: String,
    pub(super) target: String,
    pub(super) has_root: bool,
    /// Whether the root is one of the whole trace, and not only of what this process has of it.
    is_origin: bool,
    outcome: Outcome,
    start: u64,
    end: u64,
    root_end: u64,
    root_start: u64,
    spans: u32,
    pub(super) errors: u32,
}

/// A trace.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) summary: Summary,
    function: Option<u32>,
    /// With the start of each.
    spans: Vec<(u64, Box<str>)>,
    dropped: u32,
    pub(super) bytes: usize,
    pub(super) is_recent: bool,
    pub(super) is_slow: bool,
}

impl Summary {
    pub(super) fn of(spans: &[SpanRef<'_>]) -> Self {
        let mut summary = Self {
            name: String::new(),
            target: String::new(),
            has_root: false,
            is_origin: false,
            outcome: Outcome::Ok,
            start: u64::MAX,
            end: 0,
            root_end: 0,
            root_start: u64::MAX,
            spans: 0,
            errors: 0,
        };
        spans.iter().for_each(|span| {
            summary.add(span);
        });
        summary
    }

    /// Takes a span in; whether it is the root now.
    fn add(&mut self, span: &SpanRef<'_>) -> bool {
        let (start, end) = (span.start_unix_nanos(), span.end_unix_nanos());
        let (is_root, is_origin) = (is_root(span), !span.parent().is_some());
        // A trace may come in several times from elsewhere: then the longest stands for it.
        let is_longer = end.saturating_sub(start) > self.root_end.saturating_sub(self.root_start);
        let stands_for_it = match (is_root, self.has_root) {
            (true, true) => (is_origin && !self.is_origin) || (is_origin == self.is_origin && is_longer),
            (true, false) => true,
            (false, true) => false,
            (false, false) => start < self.root_start,
        };
        if stands_for_it {
            (self.name, self.target) = (span.name().to_owned(), span.target().to_owned());
            (self.has_root, self.is_origin, self.outcome) = (is_root, is_origin, span.outcome());
            (self.root_start, self.root_end) = (start, end);
        }
        self.start = self.start.min(start);
        self.end = self.end.max(end);
        self.spans += 1;
        self.errors += u32::from(spans::is_error(span));
        stands_for_it
    }

    /// How long its root took; where there is none, from the first start to the last end.
    pub(super) fn duration(&self) -> u64 {
        let (start, end) =
            if self.has_root { (self.root_start, self.root_end) } else { (self.start, self.end) };
        end.saturating_sub(start)
    }

    /// When it was over.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

impl Kept {
    /// Without spans, but for the summary of those to come.
    pub(super) fn new(summary: Summary) -> Self {
        Self {
            summary,
            function: None,
            spans: Vec::new(),
            dropped: 0,
            bytes: 0,
            is_recent: true,
            is_slow: false,
        }
    }

    /// Takes a span in that has ended later; how many bytes that takes.
    pub(super) fn add(&mut self, span: &SpanRef<'_>, find: &Find<'_>) -> usize {
        if self.summary.add(span) {
            self.function = None;
        }
        self.push(span, find)
    }

    /// Writes a span that the summary has already; how many bytes that takes.
    pub(super) fn push(&mut self, span: &SpanRef<'_>, find: &Find<'_>) -> usize {
        let function = function_of(span, find);
        let is_root = span.name() == self.summary.name && span.start_unix_nanos() == self.summary.root_start;
        if is_root {
            self.function = function.map(|(id, _)| id);
        }
        if !is_root && (self.spans.len() >= MOST_SPANS || self.bytes >= MOST_BYTES) {
            self.dropped += 1;
            return 0;
        }
        let json = spans::written(span, function).into_boxed_str();
        let bytes = json.len() + size_of::<(u64, Box<str>)>();
        self.spans.push((span.start_unix_nanos(), json));
        self.bytes += bytes;
        bytes
    }

    pub(super) fn summary_json(&self, trace_id: TraceId) -> String {
        let mut out = String::with_capacity(256);
        let its = &self.summary;
        json::object(&mut out, |it| {
            it.quoted("trace_id", trace_id);
            it.text("root", &its.name);
            it.text("target", &its.target);
            if let Some(function) = self.function {
                it.bare("function_id", function);
            }
            it.float("duration_ms", its.duration() as f64 / 1e6);
            it.bare("spans", its.spans);
            it.bare("errors", its.errors);
            it.bare("start_ms", millis(its.start));
            it.text("outcome", its.outcome.as_str());
            it.bare("complete", its.has_root);
        });
        out
    }

    /// All of it.
    pub(super) fn whole(&self, trace_id: TraceId, logs: &str) -> String {
        let mut spans: Vec<_> = self.spans.iter().collect();
        // What began at once is in the order of the ends, so that parents come first.
        spans.reverse();
        spans.sort_by_key(|(start, _)| *start);
        let its = &self.summary;
        let mut out = String::with_capacity(self.bytes + logs.len() + 256);
        json::object(&mut out, |it| {
            it.quoted("trace_id", trace_id);
            it.text("root", &its.name);
            it.quoted("start_ns", its.start);
            it.quoted("duration_ns", its.end.saturating_sub(its.start));
            it.bare("complete", its.has_root);
            it.bare("dropped_spans", self.dropped);
            it.bare("spans", joined(spans.iter().map(|(_, json)| &**json)));
            it.bare("logs", logs);
        });
        out
    }
}
