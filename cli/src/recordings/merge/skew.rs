//! By how much the clocks of processes are apart.
//!
//! A client's span from `a0` to `a1` and the server's for it from `b0` to `b1`, each by its own clock: the server's clock is ahead by at least
//! `b1 - a1` and at most `b0 - a0`. All requests between two processes together narrow that down. Where the bounds leave room for clocks that
//! agree, they are believed to; else the middle of the bounds is taken, as NTP does (RFC 5905, section 8).

use std::collections::{BTreeMap, HashMap, VecDeque};

use spanwright_recording::event::{Event, Span, SpanId, SpanKind, TraceId};
use spanwright_recording::{Reader, Record};

use super::super::progress::Progress;

/// So many requests are looked at.
const MOST: usize = 1 << 18;

/// How wrong a clock is, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skew {
    /// Nanoseconds; negative where it is behind.
    pub(super) ahead: i64,
    pub(super) requests: u64,
    /// There is no time by which all of them can be true: the clock has not gone evenly.
    pub(super) contradict: bool,
}

/// What requests say of how far the clock of the second of two recordings is ahead.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    least: i64,
    most: i64,
    /// The bounds of the request that leaves least room.
    tightest: (i64, i64),
    requests: u64,
}

impl Bounds {
    fn of(least: i64, most: i64) -> Self {
        Self { least, most, tightest: (least, most), requests: 1 }
    }

    fn narrow(&mut self, least: i64, most: i64) {
        let room = |(least, most): (i64, i64)| most.saturating_sub(least);
        self.least = self.least.max(least);
        self.most = self.most.min(most);
        self.requests += 1;
        if room((least, most)) < room(self.tightest) {
            self.tightest = (least, most);
        }
    }

    fn ahead(&self) -> i64 {
        let middle = |least: i64, most: i64| ((i128::from(least) + i128::from(most)) / 2) as i64;
        match () {
            () if self.contradict() => middle(self.tightest.0, self.tightest.1),
            () if self.least <= 0 && self.most >= 0 => 0,
            () => middle(self.least, self.most),
        }
    }

    fn contradict(&self) -> bool {
        self.least > self.most
    }

    /// Of the first recording's clock against the second's.
    fn reversed(&self) -> Self {
        let reverse = |(least, most): (i64, i64)| (most.saturating_neg(), least.saturating_neg());
        let (least, most) = reverse((self.least, self.most));
        Self { least, most, tightest: reverse(self.tightest), requests: self.requests }
    }
}

/// By how much each recording's clock is ahead of the first one's, where it is.
pub(super) fn find(reader: &mut Reader) -> BTreeMap<u64, Skew> {
    let mut recordings: Vec<u64> = Vec::new();
    for entry in reader.index() {
        if !recordings.contains(&entry.recording) {
            recordings.push(entry.recording);
        }
    }
    let mut answers: HashMap<(TraceId, SpanId), (u64, u64, u64)> = HashMap::new();
    each_span(reader, |recording, record, span| {
        if let (SpanKind::Server, Some(parent), true) = (span.span_kind, span.parent, answers.len() < MOST) {
            answers.insert((span.trace, parent), (recording, record.start(), record.at));
        }
    });
    let mut between: BTreeMap<(u64, u64), Bounds> = BTreeMap::new();
    each_span(reader, |recording, record, span| {
        let Some((answered_by, start, end)) = answers.get(&(span.trace, span.span)).copied() else { return };
        if answered_by == recording {
            return;
        }
        let (least, most) = (apart(end, record.at), apart(start, record.start()));
        if least > most {
            // The server took longer: the client has not waited for it, and its end says nothing.
            return;
        }
        let known = between.entry((recording, answered_by));
        known.and_modify(|bounds| bounds.narrow(least, most)).or_insert(Bounds::of(least, most));
    });
    from_the_first(&recordings, &both_ways(&between))
}

/// How far the first is after the second.
fn apart(one: u64, other: u64) -> i64 {
    let apart = i128::from(one) - i128::from(other);
    apart.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

fn each_span(reader: &mut Reader, mut see: impl FnMut(u64, &Record<'_>, &Span<'_>)) {
    let mut progress = Progress::new("comparing clocks");
    let all = reader.index().len() as u64;
    for (done, block) in reader.blocks().enumerate() {
        progress.at(done as u64, all);
        for record in &block.records {
            if let Event::Span(span) = &record.event {
                see(block.header.recording, record, span);
            }
        }
    }
}

/// Two processes may ask each other.
fn both_ways(between: &BTreeMap<(u64, u64), Bounds>) -> BTreeMap<(u64, u64), Bounds> {
    let mut all = between.clone();
    for ((one, other), bounds) in between {
        let reversed = bounds.reversed();
        let known = all.entry((*other, *one));
        known
            .and_modify(|known| {
                let requests = known.requests + reversed.requests;
                known.narrow(reversed.least, reversed.most);
                known.requests = requests;
            })
            .or_insert(reversed);
    }
    all
}

/// From one recording to the next, by what is known between them.
fn from_the_first(recordings: &[u64], between: &BTreeMap<(u64, u64), Bounds>) -> BTreeMap<u64, Skew> {
    let mut found: BTreeMap<u64, Skew> = BTreeMap::new();
    for first in recordings {
        // Those that no request leads to from here are apart from these.
        if found.contains_key(first) {
            continue;
        }
        found.insert(*first, Skew { ahead: 0, requests: 0, contradict: false });
        let mut next = VecDeque::from([*first]);
        while let Some(one) = next.pop_front() {
            let ahead = found.get(&one).map_or(0, |skew| skew.ahead);
            for ((_, other), bounds) in between.range((one, 0)..=(one, u64::MAX)) {
                if !found.contains_key(other) {
                    let ahead = ahead.saturating_add(bounds.ahead());
                    let Bounds { requests, .. } = *bounds;
                    found.insert(*other, Skew { ahead, requests, contradict: bounds.contradict() });
                    next.push_back(*other);
                }
            }
        }
    }
    found.retain(|_, skew| skew.ahead != 0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_may_agree_are_left_alone() {
        let mut bounds = Bounds::of(-50, 100);
        bounds.narrow(-10, 300);
        assert_eq!((bounds.ahead(), bounds.requests), (0, 2));
        bounds.narrow(20, 400);
        assert_eq!((bounds.ahead(), bounds.contradict()), (60, false));
        assert_eq!(bounds.reversed().ahead(), -60);
    }

    #[test]
    fn of_requests_that_contradict_each_other_the_shortest_is_believed() {
        let mut bounds = Bounds::of(1000, 2000);
        bounds.narrow(3000, 3100);
        assert_eq!((bounds.ahead(), bounds.contradict()), (3050, true));
    }

    #[test]
    fn clocks_are_compared_over_others_too() {
        let between = BTreeMap::from([((1, 2), Bounds::of(90, 110)), ((3, 2), Bounds::of(-60, -40))]);
        let found = from_the_first(&[1, 2, 3, 4], &both_ways(&between));
        let ahead: Vec<_> = found.iter().map(|(recording, skew)| (*recording, skew.ahead)).collect();
        // 2 is 100 ahead of 1, and 50 behind 3.
        assert_eq!(ahead, [(2, 100), (3, 150)]);
    }

    #[test]
    fn both_directions_narrow_the_same_bounds() {
        let between = BTreeMap::from([((1, 2), Bounds::of(10, 90)), ((2, 1), Bounds::of(-50, -30))]);
        let both = both_ways(&between);
        assert_eq!((both[&(1, 2)].least, both[&(1, 2)].most, both[&(1, 2)].requests), (30, 50, 2));
        assert_eq!(both[&(2, 1)].ahead(), -40);
    }
}
