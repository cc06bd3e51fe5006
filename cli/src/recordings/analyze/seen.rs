//! An event, with what is known of its recording so far.

use spanwright_recording::event::{TaskId, Thread};
use spanwright_recording::{Names, Record};

/// An event, with what is known of its recording so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'e> {
    /// The recording's number.
    pub(crate) recording: u64,
    pub(crate) record: &'e Record<'static>,
    pub(crate) names: &'e Names,
}

impl Seen<'_> {
    /// The name of the thread that said it.
    pub(crate) fn thread(&self) -> String {
        self.thread_of(self.record.thread)
    }

    /// The name of a thread, with the worker's number where all have the same name, as those of Tokio; else the thread's number.
    pub(crate) fn thread_of(&self, id: u32) -> String {
        let is_numbered = |name: &str| name.ends_with(|letter: char| letter.is_ascii_digit());
        match self.names.thread(id) {
            Some(Thread { name, worker: Some(worker), .. }) if !name.is_empty() && !is_numbered(name) => {
                format!("{name} {worker}")
            }
            Some(thread) if !thread.name.is_empty() => thread.name.to_string(),
            _ => format!("thread {id}"),
        }
    }

    /// A task by its number, name and place.
    pub(crate) fn task(&self, id: TaskId) -> String {
        let mut said = format!("task {id}");
        let Some(task) = self.names.task(id) else { return said };
        if !task.name.is_empty() {
            said.push(' ');
            said.push_str(&task.name);
        }
        if !task.place.file.is_empty() {
            said.push_str(" spawned at ");
            said.push_str(&task.place.to_string());
        }
        said
    }

    /// The name of a runtime, else its number.
    pub(crate) fn runtime(&self, id: u32) -> String {
        match self.names.runtime(id) {
            Some(runtime) if !runtime.name.is_empty() => runtime.name.to_string(),
            _ => format!("runtime {id}"),
        }
    }
}
