//! What is known so far of those that events name by a number.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::event::{Event, Process, Record, Runtime, SpawnKind, TaskId, TaskSpawn, Thread};

/// Of more tasks than this that are alive it is not known what they are.
const MAX_TASKS: usize = 1 << 20;

/// What is known so far of those that events name by a number.
#[derive(Clone, Debug, Default)]
pub struct Names {
    process: Option<Process<'static>>,
    runtimes: HashMap<u32, Runtime<'static>, FixedState>,
    threads: HashMap<u32, Thread<'static>, FixedState>,
    tasks: HashMap<u64, TaskSpawn<'static>, FixedState>,
}

impl Names {
    /// Whose recording it is.
    pub fn process(&self) -> Option<&Process<'static>> {
        self.process.as_ref()
    }

    /// A runtime.
    pub fn runtime(&self, id: u32) -> Option<&Runtime<'static>> {
        self.runtimes.get(&id)
    }

    /// A thread.
    pub fn thread(&self, id: u32) -> Option<&Thread<'static>> {
        self.threads.get(&id)
    }

    /// A task that has not ended yet.
    pub fn task(&self, id: TaskId) -> Option<&TaskSpawn<'static>> {
        self.tasks.get(&id.get())
    }

    /// Takes note of what an event says.
    pub fn learn(&mut self, record: &Record<'static>) {
        match &record.event {
            Event::Process(of) => self.process = Some((**of).clone()),
            Event::Runtime(of) => drop(self.runtimes.insert(of.id, of.clone())),
            Event::Thread(of) => drop(self.threads.insert(of.id, (**of).clone())),
            Event::TaskSpawn(of) if self.tasks.len() < MAX_TASKS => {
                self.tasks.insert(of.task.get(), (**of).clone());
            }
            Event::BlockingSpawn(of) if self.tasks.len() < MAX_TASKS => {
                let spawn = TaskSpawn {
                    task: of.task,
                    parent: of.parent,
                    runtime: of.runtime,
                    how: SpawnKind::Blocking,
                    name: of.name.clone(),
                    place: of.place.clone(),
                };
                self.tasks.insert(of.task.get(), spawn);
            }
            _ => {}
        }
    }

    /// Forgets a task that is over.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.tasks.remove(&task.get());
    }
}
