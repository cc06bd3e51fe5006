//! What can be drawn, and the tracks for it.

use std::io;

use spanwright_recording::event::Value;

/// Where something is drawn. Processes have numbers of which each stands for one recording only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Track {
    pub(super) process: u32,
    pub(super) of: Of,
}

/// What a track is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Process,
    /// A thread; what overlaps there has further lanes.
    Thread {
        id: u64,
        lane: u32,
    },
    /// All tasks.
    Tasks,
    Task(u64),
    /// All spans.
    Spans,
    /// One of them; each has a number of its own here.
    Span(u64),
    /// What was open when the process died.
    Open(u64),
    Queue {
        runtime: u32,
        queue: Queue,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Queue {
    /// That of all workers.
    Global,
    Worker(u32),
    Blocking,
}

/// What a new track is.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) name: &'a str,
    /// The track that it lies below.
    pub(super) under: Option<Of>,
    /// More of it, for people.
    pub(super) label: &'a str,
}

/// When something is drawn, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    From { start: u64, end: u64 },
    Begin(u64),
    End(u64),
    At(u64),
}

/// Something that is drawn.
#[derive(Debug)]
pub(super) struct Mark<'a> {
    pub(super) track: Track,
    pub(super) when: When,
    /// The kind of the event.
    pub(super) category: &'a str,
    pub(super) name: &'a str,
    pub(super) arguments: &'a [(&'a str, Value<'a>)],
    /// An arrow that begins here.
    pub(super) leaves: Option<u64>,
    /// Arrows that end here.
    pub(super) arrive: &'a [u64],
}

/// Draws. All times are nanoseconds since the Unix epoch.
pub(super) trait Canvas {
    /// Before all else.
    fn begin(&mut self, since: u64) -> io::Result<()>;

    /// Says what a track is, before anything is drawn there. Of tasks and spans it may be said again.
    fn track(&mut self, track: Track, described: &Described<'_>) -> io::Result<()>;

    fn mark(&mut self, mark: &Mark<'_>) -> io::Result<()>;

    /// The value of a counter from a time on.
    fn count(&mut self, track: Track, name: &str, at: u64, value: u64) -> io::Result<()>;

    /// After all else.
    fn end(&mut self) -> io::Result<()>;
}
