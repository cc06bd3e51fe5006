//! What outlives a process that is killed: programs of their own, this test program run anew.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use spanwright::recorder::{Recorder, RotatingWriter};
use spanwright::{Event as _, instrument};
use spanwright_recording::Reader;
use spanwright_recording::event::{Event, Record, Value, Why};

use crate::recorded::{alone, tasks};

const FOLDER: &str = "SPANWRIGHT_TEST_FOLDER";
const FLIGHT: &str = "SPANWRIGHT_TEST_FLIGHT";
const COUNT: u64 = 3_000;
const LET_GO: u64 = 12_345;

#[derive(spanwright::Event)]
struct Counted {
    number: u64,
}

#[instrument(record(stage))]
async fn is_killed(stage: &str) {
    for number in 0..COUNT {
        Counted { number }.emit();
        if number == COUNT / 2 {
            // Some of it is in blocks by then, and some is not.
            std::thread::sleep(Duration::from_millis(300));
        }
    }
    // It waits while this goes on.
    let (_asked, question) = tokio::sync::oneshot::channel();
    spanwright::spawn(crate::waits::outermost(question));
    tokio::task::yield_now().await;
    let pid = std::process::id().to_string();
    Command::new("kill").args(["-9", &pid]).status().unwrap();
    std::future::pending().await
}

fn recorder(folder: &PathBuf) -> Recorder {
    let writer = RotatingWriter::new(folder.join("trace.bin"), 1 << 20, 64 << 20).unwrap();
    let recorder = Recorder::new(writer).recover_in(folder).recover_as("killed");
    let recorder = recorder.service("shop", "1.2").delay(Duration::from_millis(100));
    if std::env::var_os(FLIGHT).is_some() {
        recorder.flight(Duration::from_secs(60), 1 << 20)
    } else {
        recorder
    }
}

#[test]
#[ignore = "a program for other tests"]
fn a_program() {
    let guard = recorder(&PathBuf::from(std::env::var_os(FOLDER).unwrap())).start().unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1);
    let runtime = guard.handle().build(builder, "killed").unwrap();
    runtime.block_on(async { spanwright::spawn(is_killed("last")).await.unwrap() });
}

/// Has it look as if the writer had been so slow that some records were let go.
fn let_go(folder: &Path) {
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let ring = files.find(|path| path.extension().is_some_and(|extension| extension == "ring")).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(ring).unwrap();
    // The header's 28th word, says the layout.
    file.seek(SeekFrom::Start(8 * 28)).unwrap();
    file.write_all(&LET_GO.to_ne_bytes()).unwrap();
}

fn numbers(events: &[Record<'_>]) -> Vec<u64> {
    let numbers = events.iter().filter_map(|record| match &record.event {
        Event::User(user) if &*user.name == "counted" => match user.fields[0].value {
            Value::Uint(number) => Some(number),
            _ => None,
        },
        _ => None,
    });
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_kill_loses_nothing_and_shows_what_was_open() {
    let _alone = alone();
    for flight in [false, true] {
        let folder = std::env::temp_dir().join(format!("spanwright-killed-{flight}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["killed::a_program", "--exact", "--ignored"]).env(FOLDER, &folder);
        if flight {
            program.env(FLIGHT, "1");
        }
        let output = program.output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        let_go(&folder);

        let guard = recorder(&folder).start().unwrap();
        assert!(guard.handle().flush(Duration::from_secs(10)));
        assert_eq!(guard.handle().status().mortal, None);
        drop(guard);
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "bin")).collect();
        let mut reader = Reader::open_all(&files).unwrap();
        let events: Vec<_> = reader.events().collect();
        assert!(reader.problems().is_empty(), "{:?}", reader.problems());
        // A block that was written at the moment of the kill may not have been marked so yet: it is there twice then.
        let seen: BTreeSet<_> = numbers(&events).into_iter().collect();
        assert!(seen.into_iter().eq(0..COUNT), "nothing is lost, flight: {flight}");
        let dumps = events.iter().filter_map(|record| match &record.event {
            Event::TaskDump(dump) => Some(dump.frames.iter().map(|frame| &**frame).collect::<Vec<_>>()),
            _ => None,
        });
        let dumps: Vec<_> = dumps.collect();
        assert!(dumps.iter().any(|frames| *frames == crate::waits::stack_of_outermost()), "{dumps:?}");
        let open = events.iter().find_map(|record| match &record.event {
            Event::Open(open) if &*open.name == "is_killed" => Some(open),
            _ => None,
        });
        let open = open.unwrap();
        assert_eq!((&*open.name, open.fields.len()), ("is_killed", 1));
        assert!(open.duration.0 > 250_000_000, "{open:?}");
        let recovered = events.iter().find_map(|record| match &record.event {
            Event::Process(process) if process.tool.ends_with(", recovered") => Some((record.at, process)),
            _ => None,
        });
        let (at, recovered) = recovered.unwrap();
        assert_eq!((&*recovered.service, &*recovered.version), ("shop", "1.2"));
        assert!(!recovered.host.is_empty() || !cfg!(target_os = "linux"));
        let named =
            |record: &Record<'_>| matches!(&record.event, Event::Runtime(of) if *of.name == *"killed");
        assert!(events.iter().any(|record| record.at == at && named(record)), "flight: {flight}");
        let gap = |record: &&Record<'_>| matches!(&record.event, Event::Gap(gap) if (gap.lost, gap.why) == (LET_GO, Why::Full));
        assert_eq!(events.iter().filter(gap).count(), 1, "what was let go is told");
        let made = tasks(&events, "is_killed");
        assert!(made[0].place.file.ends_with("killed.rs"), "{made:?}");
        let left: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".ring")), "{left:?}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
