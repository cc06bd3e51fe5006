//! Spans by their names, and what explains the slowest of each.

use std::collections::{BTreeMap, HashMap, VecDeque};

use foldhash::fast::FixedState;
use spanwright_recording::event::{Event, Nanos, Span, Status, Text};

use super::Seen;
use super::histogram::Histogram;
use super::longest::Longest;
use super::places::said_place;

/// Further names are counted as one.
const MOST: usize = 1000;
/// Spans that have ended children, and may be open still: those that others have made are never seen to end.
const MOST_PARENTS: usize = 1 << 16;
/// So many of the slowest are remembered of each name.
const SLOWEST: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Spans {
    names: BTreeMap<String, OfName>,
    /// By recording and span, the longest child so far: how long it was, its name.
    children: HashMap<(u64, [u8; 8]), (u64, Text<'static>), FixedState>,
    /// In the order in which they had their first child.
    parents: VecDeque<(u64, [u8; 8])>,
}

/// All spans of a name.
#[derive(Debug, Default)]
pub(crate) struct OfName {
    pub(crate) durations: Histogram,
    /// Those that ended in an error or a panic.
    pub(crate) errors: u64,
    pub(crate) cancelled: u64,
    /// Of those that say so.
    pub(crate) busy: u64,
    pub(crate) idle: u64,
    pub(crate) queued: u64,
    pub(crate) slowest: Longest<Slow>,
    /// Those that were queued the longest.
    pub(crate) most_queued: Longest<Slow>,
}

/// A span that was slow.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    pub(crate) recording: u64,
    pub(crate) at: u64,
    pub(crate) duration: u64,
    pub(crate) place: String,
    pub(crate) trace: String,
    pub(crate) busy: Option<u64>,
    pub(crate) idle: Option<u64>,
    pub(crate) queued: Option<u64>,
    /// The longest span within it.
    pub(crate) child: Option<(u64, Text<'static>)>,
}

/// What a span's time was spent on, most of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Queued,
    Busy,
    Child,
    Waiting,
    Unknown,
}

impl Why {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Busy => "busy",
            Self::Child => "child",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
        }
    }
}

impl Slow {
    /// What explains half of it or more.
    pub(crate) fn why(&self) -> Why {
        let half = |time: Option<u64>| time.is_some_and(|time| time >= self.duration / 2);
        let child = self.child.as_ref().map(|(duration, _)| *duration);
        match () {
            () if half(self.queued) => Why::Queued,
            () if half(child) => Why::Child,
            () if half(self.busy) => Why::Busy,
            () if half(self.idle) => Why::Waiting,
            () => Why::Unknown,
        }
    }
}

impl Spans {
    pub(crate) fn add(&mut self, seen: &Seen<'_>) {
        let Event::Span(span) = &seen.record.event else { return };
        let child = self.children.remove(&(seen.recording, span.span.0));
        self.tell_parent(seen.recording, span);
        if !self.names.contains_key(&*span.name) {
            let name = if self.names.len() < MOST { &*span.name } else { "(others)" };
            let lists = || OfName {
                slowest: Longest::new(SLOWEST),
                most_queued: Longest::new(SLOWEST),
                ..OfName::default()
            };
            self.names.entry(name.to_owned()).or_insert_with(lists);
        }
        let of = if self.names.contains_key(&*span.name) { &*span.name } else { "(others)" };
        let Some(of) = self.names.get_mut(of) else { return };
        of.durations.add(span.duration.0);
        match span.status {
            Status::Error | Status::Panicked => of.errors += 1,
            Status::Cancelled => of.cancelled += 1,
            _ => {}
        }
        let nanos = |time: Option<Nanos>| time.map(|time| time.0);
        let [busy, idle, queued] = [nanos(span.busy), nanos(span.idle), nanos(span.queued)];
        of.busy = of.busy.saturating_add(busy.unwrap_or(0));
        of.idle = of.idle.saturating_add(idle.unwrap_or(0));
        of.queued = of.queued.saturating_add(queued.unwrap_or(0));
        let slow = || Slow {
            recording: seen.recording,
            at: seen.record.start(),
            duration: span.duration.0,
            place: said_place(&span.place),
            trace: span.trace.to_string(),
            busy,
            idle,
            queued,
            child: child.clone(),
        };
        if let Some(queued) = queued.filter(|queued| *queued > 0) {
            of.most_queued.add(queued, slow);
        }
        of.slowest.add(span.duration.0, slow);
    }

    /// A parent ends later than its children mostly.
    fn tell_parent(&mut self, recording: u64, span: &Span<'static>) {
        let Some(parent) = span.parent else { return };
        let key = (recording, parent.0);
        if let Some(longest) = self.children.get_mut(&key) {
            if span.duration.0 > longest.0 {
                *longest = (span.duration.0, span.name.clone());
            }
            return;
        }
        if self.parents.len() >= MOST_PARENTS {
            self.parents.pop_front().map(|first| self.children.remove(&first));
        }
        self.parents.push_back(key);
        self.children.insert(key, (span.duration.0, span.name.clone()));
    }

    /// Those that took longest together first.
    pub(crate) fn longest_first(&self) -> Vec<(&String, &OfName)> {
        let mut all: Vec<_> = self.names.iter().collect();
        all.sort_by_key(|(_, of)| std::cmp::Reverse(of.durations.sum));
        all
    }

    /// The slowest of each name, those first that are the farthest from what is usual for it.
    pub(crate) fn slowest(&self) -> Vec<(&String, &OfName, &Slow)> {
        let mut all: Vec<_> =
            self.names.iter().filter_map(|(name, of)| Some((name, of, &of.slowest.first()?.1))).collect();
        all.sort_by_key(|(_, of, slow)| {
            std::cmp::Reverse(slow.duration.saturating_sub(of.durations.percentile(50)))
        });
        all
    }
}
