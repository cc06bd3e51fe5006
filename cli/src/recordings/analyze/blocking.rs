//! Polls that took too long, and what was going on in them: the innermost span that was open most of the time.

use std::collections::VecDeque;

use spanwright_recording::event::{Event, Opened, Role, Span};

use super::Seen;
use super::handed::{Parks, Team};
use super::longest::Longest;
use super::places::{LongPoll, Places, said_place};
use super::stalls::Stalls;

/// So many polls and spans that took long are remembered for each other.
const MOST: usize = 256;
/// Numbers from here on are not those of tasks, but of threads that block on a future.
const NOT_TASKS: u64 = 1 << 60;

/// A span that was long.
#[derive(Debug)]
struct LongSpan {
    recording: u64,
    thread: u32,
    task: Option<u64>,
    start: u64,
    end: u64,
    said: (String, String),
}

impl LongSpan {
    /// Whether it was open for more than half of a poll, on the same thread or in the same task.
    fn covers(&self, poll: &Noted) -> bool {
        let overlap = self.end.min(poll.end).saturating_sub(self.start.max(poll.start));
        let within = self.thread == poll.thread && self.start >= poll.start && self.end <= poll.end;
        self.recording == poll.said.recording
            && overlap >= (poll.end - poll.start) / 2
            && (within || self.task == Some(poll.said.task))
    }
}

/// A poll whose span may end later, as may the parks that show that its worker was another thread meanwhile.
#[derive(Debug)]
struct Noted {
    thread: u32,
    place: u32,
    start: u64,
    end: u64,
    /// Nothing where nobody could take its worker's place.
    team: Option<Team>,
    /// What it kept a worker from, if it had one.
    counted: u64,
    said: LongPoll,
}

#[derive(Debug)]
pub(crate) struct Blocking {
    /// What is long.
    bound: u64,
    pub(crate) longest: Longest<LongPoll>,
    spans: VecDeque<LongSpan>,
    parks: Parks,
    noted: VecDeque<Noted>,
    /// When the last of these ended.
    last: u64,
}

impl Blocking {
    pub(crate) fn new(bound: u64, top: usize) -> Self {
        Self {
            bound,
            longest: Longest::new(top),
            spans: VecDeque::new(),
            parks: Parks::default(),
            noted: VecDeque::new(),
            last: 0,
        }
    }

    /// Looks at a poll of a task that was made at this place.
    pub(crate) fn poll(&mut self, seen: &Seen<'_>, place: u32, places: &mut Places, stalls: &Stalls) {
        let (start, end) = (seen.record.start(), seen.record.at);
        let length = end.saturating_sub(start);
        let Event::Poll(poll) = &seen.record.event else { return };
        if length < self.bound {
            return;
        }
        self.note(seen, place, places, stalls, (poll.task.get(), length, false));
    }

    fn note(
        &mut self,
        seen: &Seen<'_>,
        place: u32,
        places: &mut Places,
        stalls: &Stalls,
        (task, length, open): (u64, u64, bool),
    ) {
        let (recording, thread, end) = (seen.recording, seen.record.thread, seen.record.at);
        let start = end.saturating_sub(length);
        let stalled = stalls.within(recording, start, end);
        // What blocks a thread of one's own holds up nobody else.
        let counted = if on_a_worker(seen, task) { length.saturating_sub(stalled) } else { 0 };
        let team = Team::of(seen);
        let handed_over = team.is_some_and(|team| self.parks.are_all(team, thread, (start, end)));
        let of = places.get(place);
        let (name, place_said) = (of.name.clone(), of.place.clone());
        let said = LongPoll {
            recording,
            at: start,
            task,
            name,
            place: place_said,
            thread: seen.thread(),
            stalled,
            handed_over,
            span: None,
            open,
        };
        let mut noted = Noted { thread, place, start, end, team, counted, said };
        if !open {
            let covering = self.spans.iter().filter(|span| span.covers(&noted));
            noted.said.span = covering.min_by_key(|span| span.end - span.start).map(|span| span.said.clone());
        }
        if self.noted.len() >= MOST {
            self.settle(places);
        }
        self.last = self.last.max(end);
        self.noted.push_back(noted);
    }

    /// Nothing will be known of the first any more.
    fn settle(&mut self, places: &mut Places) {
        let Some(Noted { place, start, end, counted, said, .. }) = self.noted.pop_front() else { return };
        self.longest.add(end - start, || said.clone());
        if counted < self.bound || said.handed_over {
            return;
        }
        let of = places.get_mut(place);
        of.long += 1;
        of.long_sum = of.long_sum.saturating_add(counted);
        of.very_long += u64::from(counted >= self.bound.saturating_mul(10));
        of.worst.add(counted, || said);
    }

    /// No more will come. Where threads take each other's place, and parks that were going on at a poll's end were to be told after the
    /// recording's, it is not known whether that poll gave its worker away.
    pub(crate) fn finish(&mut self, places: &mut Places) {
        let Self { noted, parks, .. } = self;
        for poll in noted.iter_mut().filter(|poll| !poll.said.open) {
            let Some(team) = poll.team.filter(|_| parks.are_of_many(poll.said.recording)) else { continue };
            if !parks.are_told(team, poll.thread, poll.end) {
                poll.counted = 0;
            }
        }
        while !self.noted.is_empty() {
            self.settle(places);
        }
    }

    pub(crate) fn add(&mut self, seen: &Seen<'_>, places: &mut Places, stalls: &Stalls) {
        match &seen.record.event {
            Event::Span(span) if span.duration.0 >= self.bound / 2 => self.span(seen, span),
            // A poll that the process died in.
            Event::Open(open) if open.what == Opened::Poll && open.duration.0 >= self.bound => {
                let Some(task) = open.task else { return };
                let made = seen.names.task(task);
                let place = made.map_or(super::places::UNKNOWN, |made| places.find(seen.recording, made));
                self.note(seen, place, places, stalls, (task.get(), open.duration.0, true));
            }
            Event::Park(_) => self.park(seen),
            _ => {}
        }
    }

    fn span(&mut self, seen: &Seen<'_>, span: &Span<'_>) {
        let long = LongSpan {
            recording: seen.recording,
            thread: seen.record.thread,
            task: span.task.map(|task| task.get()),
            start: seen.record.start(),
            end: seen.record.at,
            said: (span.name.to_string(), said_place(&span.place)),
        };
        // The innermost ends first.
        for poll in self.noted.iter_mut().filter(|poll| poll.said.span.is_none() && !poll.said.open) {
            if long.covers(poll) {
                poll.said.span = Some(long.said.clone());
            }
        }
        if self.spans.len() >= MOST {
            self.spans.pop_front();
        }
        self.spans.push_back(long);
    }

    /// Whether polls of a recording give their workers away, so that parks that are missing say nothing of them.
    pub(crate) fn hand_over(&self, recording: u64) -> bool {
        self.parks.are_of_many(recording)
    }

    /// A park is told at its end, which may come after that of a poll meanwhile.
    fn park(&mut self, seen: &Seen<'_>) {
        let Some((team, start)) = self.parks.add(seen) else { return };
        if start >= self.last {
            return;
        }
        let Self { noted, parks, .. } = self;
        let meanwhile = noted.iter_mut().filter(|poll| poll.team == Some(team) && poll.end > start);
        for poll in meanwhile.filter(|poll| !poll.said.handed_over) {
            poll.said.handed_over = parks.are_all(team, poll.thread, (poll.start, poll.end));
        }
    }
}

/// Whether others have to wait for this thread.
fn on_a_worker(seen: &Seen<'_>, task: u64) -> bool {
    let thread = seen.names.thread(seen.record.thread);
    task < NOT_TASKS
        && thread.is_none_or(|thread| {
            matches!(thread.role, Role::Worker | Role::Unknown) || thread.runtime.is_some()
        })
}
