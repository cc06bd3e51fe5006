//! Busy time by where tasks were spawned, below what spawned them.

use std::collections::HashMap;

use spanwright_recording::event::{Event, TaskId};
use spanwright_recording::{Names, Record};

use super::profile::{DEEPEST, Frame, Profile, Weight};

/// Of more tasks that are alive it is not known what spawned them.
const MOST: usize = 1 << 20;
/// Once there are so many stacks it is not shown any more what spawned a task.
const MOST_STACKS: usize = 1 << 18;

/// What each task that is alive was spawned by: its stack, the innermost frame first.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    stacks: Vec<Vec<Frame>>,
    numbers: HashMap<Vec<Frame>, usize>,
    live: HashMap<(u64, u64), usize>,
}

impl Tasks {
    /// Takes note of what spawned a task.
    pub(super) fn learn(
        &mut self,
        record: &Record<'_>,
        recording: u64,
        names: &Names,
        profile: &mut Profile,
    ) {
        let task = match &record.event {
            Event::TaskSpawn(spawn) => spawn.task,
            Event::BlockingSpawn(spawn) => spawn.task,
            _ => return,
        };
        // Its number may have been another's before.
        self.live.remove(&(recording, task.get()));
        self.stack(recording, task, names, profile);
    }

    /// Adds a poll, or a call on the blocking pool.
    pub(super) fn add(&mut self, record: &Record<'_>, recording: u64, names: &Names, profile: &mut Profile) {
        let (task, busy) = match &record.event {
            Event::Poll(poll) => (poll.task, poll.duration.0),
            Event::BlockingRun(run) => (run.task, run.duration.0),
            _ => return,
        };
        let stack = self.stack(recording, task, names, profile);
        profile.add(recording, &self.stacks[stack], Weight { busy, count: 1 });
    }

    /// Forgets a task that is over.
    pub(super) fn forget(&mut self, record: &Record<'_>, recording: u64) {
        match &record.event {
            Event::TaskEnd(end) => drop(self.live.remove(&(recording, end.task.get()))),
            Event::BlockingRun(run) => drop(self.live.remove(&(recording, run.task.get()))),
            _ => {}
        }
    }

    /// The number of a task's stack.
    fn stack(&mut self, recording: u64, task: TaskId, names: &Names, profile: &mut Profile) -> usize {
        if let Some(known) = self.live.get(&(recording, task.get())) {
            return *known;
        }
        let Some(spawn) = names.task(task) else {
            let frame = profile.frame("(unknown tasks)", "", 0, 0);
            return self.number(vec![frame]);
        };
        let place = &spawn.place;
        let name = match (spawn.name.is_empty(), place.file.is_empty()) {
            (false, _) => spawn.name.to_string(),
            (true, false) => place.to_string(),
            (true, true) => "(tasks without a name)".to_owned(),
        };
        let frame = profile.frame(&name, &place.file, place.line, place.column);
        let parent = spawn.parent.and_then(|parent| self.live.get(&(recording, parent.get())));
        let mut stack = parent.map_or_else(Vec::new, |parent| self.stacks[*parent].clone());
        // What spawns its own kind is shown once.
        if stack.first() != Some(&frame) {
            stack.insert(0, frame);
        }
        stack.truncate(DEEPEST);
        let number = self.number(stack);
        if self.live.len() < MOST {
            self.live.insert((recording, task.get()), number);
        }
        number
    }

    fn number(&mut self, mut stack: Vec<Frame>) -> usize {
        if self.stacks.len() >= MOST_STACKS {
            // There are not as many frames.
            stack.truncate(1);
        }
        if let Some(known) = self.numbers.get(&stack) {
            return *known;
        }
        let number = self.stacks.len();
        self.numbers.insert(stack.clone(), number);
        self.stacks.push(stack);
        number
    }
}
