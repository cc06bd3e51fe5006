//! Which processes' remains a start adopts: those of one that was killed, where it wrote to the same place.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use spanwright::Telemetry;
use spanwright::recorder::{NullWriter, Recorder, RecorderGuard, RecorderHandle, RotatingWriter};
use spanwright_recording::Reader;
use spanwright_recording::event::Event;

use crate::folder::Folder;
use crate::recorded::{Kept, alone};

const FOLDER: &str = "SPANWRIGHT_TEST_FOLDER";
const PLACE: &str = "SPANWRIGHT_TEST_PLACE";
const HOW: &str = "SPANWRIGHT_TEST_HOW";

/// The place of a writer that does not say where it writes to.
const NOWHERE: &str = "";

/// One that writes to this place in the folder, and leaves in the folder what outlives it.
fn recorder(folder: &Path, place: &str) -> Recorder {
    if place == NOWHERE {
        return Recorder::new(Kept::default()).recover_in(folder);
    }
    let writer = RotatingWriter::new(folder.join(place).join("trace.bin"), 1 << 20, 64 << 20).unwrap();
    Recorder::new(writer).recover_in(folder)
}

#[test]
#[ignore = "a program for the tests below"]
fn a_program() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let recorder = recorder(&folder, &std::env::var(PLACE).unwrap());
    let how = std::env::var(HOW).unwrap();
    let (_guard, _telemetry);
    let (alone, how) = how.strip_prefix("alone, ").map_or((false, &*how), |how| (true, how));
    if alone {
        _guard = recorder.start().unwrap();
    } else {
        let builder = Telemetry::builder().metrics_enabled(false).with_subscriber(false).handle_signals();
        _telemetry = builder.recorder(recorder).install().unwrap();
    }
    assert!(RecorderHandle::current().unwrap().flush(Duration::from_secs(10)));
    match how {
        "abort" => std::process::abort(),
        "exit" => std::process::exit(0),
        signal => {
            let pid = std::process::id().to_string();
            Command::new("kill").args([signal, &pid]).status().unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

fn run(folder: &Path, place: &str, how: &str) -> Output {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["adopted::a_program", "--exact", "--ignored", "--nocapture"]);
    program.env(FOLDER, folder).env(PLACE, place).env(HOW, how).output().unwrap()
}

/// What is left, the oldest first.
fn rings(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut rings: Vec<_> = files.filter(|path| path.extension().is_some_and(|of| of == "ring")).collect();
    rings.sort_by_key(|path| path.to_string_lossy().rsplit('-').next().map(str::to_owned));
    rings
}

fn left(folder: &Path) -> usize {
    rings(folder).len()
}

/// What is left after a start, which has a ring of its own meanwhile.
fn left_after(folder: &Path, recorder: Recorder) -> usize {
    let guard: RecorderGuard = recorder.start().unwrap();
    assert!(guard.handle().flush(Duration::from_secs(10)));
    drop(guard);
    left(folder)
}

#[test]
fn remains_are_adopted_by_who_writes_to_the_same_place() {
    let _alone = alone();
    let folder = Folder::new("adopted");
    let output = run(&folder.0, "here", "abort");
    assert_eq!(left(&folder.0), 1, "{output:?}");
    assert_eq!(left_after(&folder.0, recorder(&folder.0, "there")), 1, "it is another's");
    assert_eq!(left_after(&folder.0, recorder(&folder.0, "here")), 0);
}

#[test]
fn a_writer_that_keeps_nothing_adopts_nothing() {
    let _alone = alone();
    let folder = Folder::new("kept");
    run(&folder.0, NOWHERE, "abort");
    assert_eq!(left_after(&folder.0, Recorder::new(NullWriter).recover_in(&folder.0)), 1);
    assert_eq!(left_after(&folder.0, recorder(&folder.0, NOWHERE)), 0);
}

#[test]
fn a_process_that_ends_in_order_leaves_nothing() {
    let _alone = alone();
    for (how, expected) in [
        ("-TERM", 0),
        ("-INT", 0),
        ("exit", 0),
        ("alone, exit", 0),
        ("abort", 1),
        ("-KILL", 1),
        ("alone, -TERM", 1),
    ] {
        let folder = Folder::new("in-order");
        let output = run(&folder.0, "here", how);
        assert_eq!(left(&folder.0), expected, "{how}: {output:?}");
        assert_eq!(left_after(&folder.0, recorder(&folder.0, "here")), 0);
        let files = std::fs::read_dir(folder.0.join("here")).unwrap().map(|file| file.unwrap().path());
        let mut reader =
            Reader::open_all(files.filter(|path| path.extension().is_some_and(|of| of == "bin"))).unwrap();
        let recovered = reader.events().filter(|record| matches!(&record.event, Event::Process(process) if process.tool.ends_with(", recovered")));
        assert_eq!(recovered.count(), expected, "{how}");
    }
}

#[test]
fn what_nobody_can_adopt_is_no_failure_of_the_recorder() {
    let _alone = alone();
    let folder = Folder::new("unknown");
    std::fs::write(folder.0.join("spanwright-unknown-1-1.ring"), "of another version").unwrap();
    std::fs::create_dir(folder.0.join("spanwright-unknown-1-2.ring")).unwrap();
    // What it writes would say that it is well.
    let guard = recorder(&folder.0, "here").recover_as("unknown").enabled(false).start().unwrap();
    assert!(guard.handle().flush(Duration::from_secs(10)));
    assert!(!guard.handle().status().is_degraded(), "{:?}", guard.handle().status());
    drop(guard);
    assert_eq!(left(&folder.0), 2);
}

#[test]
fn of_what_can_not_be_written_the_newest_stays() {
    let _alone = alone();
    let folder = Folder::new("unwritten");
    for _ in 0..10 {
        let one = Folder::new("unwritten-one");
        run(&one.0, NOWHERE, "alone, abort");
        let ring = std::fs::read_dir(&one.0).unwrap().next().unwrap().unwrap();
        std::fs::rename(ring.path(), folder.0.join(ring.file_name())).unwrap();
    }
    let oldest = rings(&folder.0)[..2].to_vec();
    let failing = Kept::default();
    *failing.fails.lock().unwrap() = true;
    let guard = Recorder::new(failing).recover_in(&folder.0).start().unwrap();
    assert!(!guard.handle().flush(Duration::from_secs(10)));
    drop(guard);
    let still = rings(&folder.0);
    assert!(still.len() == 8 && oldest.iter().all(|path| !still.contains(path)), "{oldest:?} {still:?}");
    assert_eq!(left_after(&folder.0, recorder(&folder.0, NOWHERE)), 0);
}
