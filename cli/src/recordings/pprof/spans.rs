//! Busy time of spans, without that of the spans in them, below the spans around them.
//!
//! A span is told of when it ends, mostly after those in it, and only then is it known what they were in. So what was in a span is held, added
//! up by stacks, until the span itself comes.

use std::collections::HashMap;

use spanwright_recording::Record;
use spanwright_recording::event::{Event, Nanos, Span, SpanId, SpanKind, TaskId};

use super::profile::{DEEPEST, Frame, Profile, Weight};

/// Of more spans that have not come yet nothing is held: what is in them is shown without them.
const MOST: usize = 1 << 16;

/// What was in a span that has not come yet.
#[derive(Debug, Default)]
struct Within {
    /// By stack, the innermost frame first.
    stacks: HashMap<Vec<Frame>, Weight>,
    /// How long those right in it were busy, by the task that they began in.
    busy: HashMap<Option<TaskId>, u64>,
}

#[derive(Debug, Default)]
pub(super) struct Spans {
    pending: HashMap<(u64, SpanId), Within>,
}

impl Spans {
    pub(super) fn add(&mut self, record: &Record<'_>, recording: u64, profile: &mut Profile) {
        let Event::Span(span) = &record.event else { return };
        let Nanos(busy) = span.busy.unwrap_or(span.duration);
        let frame = profile.frame(&span.name, &span.place.file, span.place.line, span.place.column);
        let within = self.pending.remove(&(recording, span.span)).unwrap_or_default();
        // Those of other tasks were busy by themselves.
        let inner = within.busy.get(&span.task).copied().unwrap_or(0);
        let mut stacks = HashMap::with_capacity(within.stacks.len() + 1);
        for (mut stack, weight) in within.stacks {
            if stack.len() < DEEPEST && stack.last() != Some(&frame) {
                stack.push(frame);
            }
            stacks.entry(stack).or_insert_with(Weight::default).add(weight);
        }
        let own = Weight { busy: busy.saturating_sub(inner), count: 1 };
        stacks.entry(vec![frame]).or_default().add(own);
        match parent(span) {
            None => write(recording, stacks, profile),
            Some(parent) => {
                let around = self.pending.entry((recording, parent)).or_default();
                let sum = around.busy.entry(span.task).or_default();
                *sum = sum.saturating_add(busy);
                stacks
                    .into_iter()
                    .for_each(|(stack, weight)| around.stacks.entry(stack).or_default().add(weight));
            }
        }
        if self.pending.len() > MOST {
            self.finish(profile);
        }
    }

    /// Whatever is held is in spans that are not here.
    pub(super) fn finish(&mut self, profile: &mut Profile) {
        for ((recording, _), within) in std::mem::take(&mut self.pending) {
            write(recording, within.stacks, profile);
        }
    }
}

/// The span around it, in the same process.
fn parent(span: &Span<'_>) -> Option<SpanId> {
    span.parent.filter(|_| !matches!(span.span_kind, SpanKind::Server | SpanKind::Consumer))
}

fn write(recording: u64, stacks: HashMap<Vec<Frame>, Weight>, profile: &mut Profile) {
    stacks.into_iter().for_each(|(stack, weight)| profile.add(recording, &stack, weight));
}
