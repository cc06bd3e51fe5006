//! Recordings that are made up, event by event.

use std::path::Path;

use serde_json::Value as Json;
use spanwright_recording::event::*;
use spanwright_recording::{Encoder, Options, SimpleBinaryWriter};

use super::scenario::START;
use super::{folder, said, viewer};

pub(crate) const MILLI: u64 = 1_000_000;
/// The line that makes the tasks.
pub(crate) const LINE: u32 = 12;

/// A recording that is being made up: events by their time, in milliseconds since its start.
pub(crate) struct Story(Vec<(u64, u32, Event<'static>)>);

impl Story {
    /// Two workers of a runtime, and a task of it.
    pub(crate) fn new() -> Self {
        let mut story = Self(Vec::new());
        story.at(0, 0, Runtime { id: 1, name: "main".into(), flavour: Flavour::MultiThread, workers: 2 });
        for id in 0..2 {
            let (name, role) = (format!("worker-{id}").into(), Role::Worker);
            story.at(
                0,
                id,
                Thread { id, name, role, runtime: Some(1), worker: Some(id), ..Thread::default() },
            );
        }
        story
    }

    pub(crate) fn at(&mut self, milli: u64, thread: u32, event: impl Into<Event<'static>>) {
        self.0.push((START + milli * MILLI, thread, event.into()));
    }

    pub(crate) fn spawn(&mut self, milli: u64, task: u64) {
        let place = Place::new("src/serve.rs", LINE, 5);
        let (task, name) = (TaskId::new(task), "shop::serve".into());
        self.at(
            milli,
            0,
            TaskSpawn { task, runtime: 1, how: SpawnKind::Async, name, place, ..TaskSpawn::default() },
        );
    }

    /// A poll from one moment to another.
    pub(crate) fn poll(&mut self, start: u64, end: u64, task: u64) {
        let duration = Nanos((end - start) * MILLI + 1000);
        self.at(end, 0, Poll { duration, task: TaskId::new(task), worker: None });
    }

    pub(crate) fn park(&mut self, start: u64, end: u64, thread: u32) {
        self.at(end, thread, Park { duration: Nanos((end - start) * MILLI), worker: None });
    }

    pub(crate) fn wake(&mut self, milli: u64, task: u64, by: Option<u64>) {
        self.at(milli, 0, Wake { task: TaskId::new(task), by: by.map(TaskId::new), how: WakeKind::ByRef });
    }

    pub(crate) fn end(&mut self, milli: u64, task: u64, how: End) {
        self.at(milli, 0, TaskEnd { task: TaskId::new(task), how, polls: None });
    }

    /// A look at the queues.
    pub(crate) fn queue(&mut self, milli: u64, global: u64) {
        self.at(milli, 9, QueueDepth { runtime: 1, global, ..QueueDepth::default() });
    }

    pub(crate) fn write(mut self, path: &Path) {
        self.0.sort_by_key(|(at, ..)| *at);
        self.write_as_it_is(path);
    }

    /// With a clock that goes back, if it does.
    pub(crate) fn write_as_it_is(self, path: &Path) {
        let writer = SimpleBinaryWriter::new(path).unwrap();
        let mut file =
            Encoder::new(writer, Options { recording: 9, block_bytes: 4096, ..Options::default() });
        for (at, thread, event) in self.0 {
            file.event(thread, at, &event).unwrap();
        }
        file.finish().unwrap();
    }

    /// What the command says, and the viewer.
    pub(crate) fn analyzed(self, name: &str) -> Json {
        let folder = folder(name);
        let path = folder.join("a.spwr");
        self.write(&path);
        let analysis = serde_json::from_str(&said(&folder, &["analyze", "a.spwr", "--json"])).unwrap();
        viewer::agrees(&path, &analysis, &viewer::ALL);
        analysis
    }

    /// All findings, by their names and places.
    pub(crate) fn found(self, name: &str) -> Vec<(String, String)> {
        let all = self.analyzed(name);
        let text = |finding: &Json, of: &str| finding[of].as_str().unwrap().to_owned();
        all["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| (text(finding, "id"), text(finding, "place")))
            .collect()
    }

    #[track_caller]
    pub(crate) fn yields(self, name: &str, expected: &[&str]) {
        let found = self.found(name);
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, expected, "{found:?}");
        let place = format!("src/serve.rs:{LINE}");
        assert!(found.iter().all(|(_, found)| found.starts_with(&place)), "{found:?}");
    }
}
