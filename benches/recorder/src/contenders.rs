//! Who records what. `TracedRuntime` is ours; wakes are seen by whoever wraps the future.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use spanwright::recorder::{NullWriter, RecorderGuard, RotatingWriter, TraceWriter, TracedRuntime};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// A way to record.
pub struct Contender {
    pub name: &'static str,
    pub start: fn(&Place<'_>) -> Recorded,
    /// Whether the recording is on disk when it has ended.
    pub writes: bool,
}

/// Where it is done.
pub struct Place<'p> {
    pub workers: usize,
    /// For recordings.
    pub folder: &'p Path,
}

/// A runtime, how its tasks are spawned, and what keeps the recording.
pub struct Recorded {
    pub runtime: Runtime,
    spawn: Spawn,
    end: Box<dyn FnOnce()>,
}

#[derive(Clone)]
enum Spawn {
    Tokio,
    Ours,
    Dial9(dial9_tokio_telemetry::telemetry::Dial9TokioHandle),
}

impl Recorded {
    /// Spawns a task as the contender's users do.
    pub fn spawner<F>(&self) -> impl Fn(F) -> JoinHandle<()> + Clone + use<F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let spawn = self.spawn.clone();
        move |future| match &spawn {
            Spawn::Tokio => tokio::spawn(future),
            Spawn::Ours => spanwright::spawn(future),
            Spawn::Dial9(handle) => handle.spawn(future),
        }
    }

    /// Ends the runtime, and then the recording, which is written by then.
    pub fn end(self) {
        drop(self.runtime);
        (self.end)();
    }
}

pub static CONTENDERS: &[Contender] = &[
    Contender { name: "plain", start: plain, writes: false },
    Contender {
        name: "spanwright, off",
        start: |at| ours(at, NullWriter, false, Spawn::Ours),
        writes: false,
    },
    #[cfg(tokio_unstable)]
    Contender {
        name: "spanwright, rotating, without wakes",
        start: |at| ours(at, rotating(at), true, Spawn::Tokio),
        writes: true,
    },
    Contender {
        name: "spanwright, NullWriter",
        start: |at| ours(at, NullWriter, true, Spawn::Ours),
        writes: false,
    },
    Contender {
        name: "spanwright, rotating",
        start: |at| ours(at, rotating(at), true, Spawn::Ours),
        writes: true,
    },
    #[cfg(tokio_unstable)]
    Contender { name: "dial9, disk, without wakes", start: |at| dial9::start(at, true, false), writes: true },
    Contender { name: "dial9, memory", start: |at| dial9::start(at, false, true), writes: false },
    Contender { name: "dial9, disk", start: |at| dial9::start(at, true, true), writes: true },
];

fn builder(at: &Place<'_>) -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(at.workers).enable_all();
    builder
}

fn plain(at: &Place<'_>) -> Recorded {
    let runtime = builder(at).build().expect("a runtime");
    Recorded { runtime, spawn: Spawn::Tokio, end: Box::new(|| ()) }
}

fn ours(at: &Place<'_>, writer: impl TraceWriter + 'static, on: bool, spawn: Spawn) -> Recorded {
    let built: std::io::Result<(Runtime, RecorderGuard)> = if on {
        TracedRuntime::build_and_start(builder(at), writer)
    } else {
        TracedRuntime::build(builder(at), writer)
    };
    let (runtime, guard) = built.expect("a runtime");
    Recorded {
        runtime,
        spawn,
        end: Box::new(move || {
            let _ = guard.shutdown(Duration::from_secs(20));
        }),
    }
}

fn rotating(at: &Place<'_>) -> RotatingWriter {
    RotatingWriter::new(at.folder.join("trace.bin"), 16 << 20, 1 << 30).expect("a folder")
}

mod dial9 {
    //! The peer.

    use std::time::Duration;

    use dial9_tokio_telemetry::telemetry::{
        Dial9HandleTokioExt, Dial9TokioHandle, DiskBuffer, MemoryBuffer, TokioAttachOptions, recorder,
    };

    use super::{Place, Recorded, Spawn, builder};

    pub(super) fn start(at: &Place<'_>, disk: bool, wakes: bool) -> Recorded {
        let recorder = if disk {
            std::fs::create_dir_all(at.folder).expect("a folder");
            recorder(DiskBuffer::single_file(at.folder.join("dial9.bin")).expect("a file")).build()
        } else {
            recorder(MemoryBuffer::new(16 << 20).expect("memory")).build()
        };
        let options = TokioAttachOptions::builder().task_tracking_enabled(true).build();
        let runtime = recorder.handle().attach_tokio_runtime(builder(at), options).expect("a runtime");
        let handle = runtime.block_on(async { Dial9TokioHandle::current() });
        let spawn = if wakes { Spawn::Dial9(handle) } else { Spawn::Tokio };
        let end = Box::new(move || recorder.graceful_shutdown(Duration::from_secs(20)));
        Recorded { runtime, spawn, end }
    }
}
