//! Whose recording it is, for the recording, and for whoever finds what a process has left that was killed: there it is written
//! down in blocks of the recording's own format.

use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use spanwright_core::segment::{Found, Segment, definitions};
use spanwright_recording::event::{Event, Kind, Mode, Process, Runtime};
use spanwright_recording::{Codec, Encoder, Options, Reader};

use crate::process::ProcessMetrics;

/// Definitions of processes, and of runtimes by their numbers.
const PROCESS: u8 = definitions::FIRST_OTHER;
const RUNTIME: u8 = definitions::FIRST_OTHER + 1;
/// The note that says which of the processes it is: who is recorded anew may have another name.
const NOTED: usize = 0;
/// What keys of definitions have room for.
const KEY: u64 = (1 << 56) - 1;

/// Writes down whose this memory is.
pub(super) fn leave_process(segment: &Segment, process: &Process<'_>) {
    let block = block_of(process);
    let mut hasher = DefaultHasher::new();
    hasher.write(&block);
    // Zero is for nothing.
    let key = (hasher.finish() & KEY).max(1);
    definitions::other(PROCESS, key, &block);
    segment.note(NOTED, key);
}

/// Writes down what a runtime is.
pub(super) fn leave_runtime(runtime: &Runtime<'_>) {
    definitions::other(RUNTIME, runtime.id.into(), &block_of(runtime));
}

/// What a process has left of itself, if anything, and of its runtimes.
pub(super) fn found(found: &Found) -> (Option<Process<'static>>, Vec<Event<'static>>) {
    let (mut process, mut runtimes) = (None, Vec::new());
    for (kind, key, block) in found.others() {
        for record in Reader::from_bytes(block).events() {
            match record.event {
                Event::Process(of) if kind == PROCESS && key == found.note(NOTED) => process = Some(*of),
                Event::Runtime(of) if kind == RUNTIME => runtimes.push(of),
                _ => {}
            }
        }
    }
    runtimes.sort_by_key(|runtime| runtime.id);
    (process, runtimes.into_iter().map(Event::from).collect())
}

/// A block with one event: the same bytes for the same event.
fn block_of(event: &impl Kind) -> Vec<u8> {
    let options = Options { codec: Codec::None, recording: 0, ..Options::default() };
    let mut encoder = Encoder::new(Vec::new(), options);
    // Memory takes everything.
    let _ = encoder.event(0, 0, event).and_then(|()| encoder.flush());
    std::mem::take(encoder.writer_mut())
}

/// This process, as a recording says it.
pub(super) fn process<'a>(service: &'a str, version: &'a str) -> Process<'a> {
    Process {
        pid: std::process::id(),
        started: started(),
        service: service.into(),
        version: version.into(),
        tool: concat!("spanwright ", env!("CARGO_PKG_VERSION")).into(),
        tokio: if cfg!(tokio_unstable) { Mode::Unstable } else { Mode::Stable },
        host: host().into(),
        fields: (&[]).into(),
    }
}

/// When the process started, in nanoseconds since the Unix epoch; when this was first asked where the system does not say.
fn started() -> u64 {
    static STARTED: LazyLock<u64> = LazyLock::new(|| {
        let time = ProcessMetrics::new().started().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
    });
    *STARTED
}

/// The machine's name.
pub(crate) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    name.map(|name| name.trim().to_owned()).unwrap_or_default()
}
