//! Processes that end in the middle of polls, and what is said of their threads: each is this test program run anew.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spanwright::recorder::{NullWriter, Recorder, RecorderHandle, Remains, RotatingWriter, StartError};
use spanwright::{Event as _, instrument};
use spanwright_recording::Reader;
use spanwright_recording::event::{Event, Open, Opened, Record, Role, Thread, Value};

use crate::recorded::{self, Kept, alone, tasks};

const FOLDER: &str = "SPANWRIGHT_TEST_FOLDER";
const HOW: &str = "SPANWRIGHT_TEST_HOW";
/// How long one task was polled before the other one's poll began, at least.
const BEFORE: Duration = Duration::from_millis(150);
const COUNT: u64 = 100;

static STUCK: AtomicBool = AtomicBool::new(false);

#[derive(spanwright::Event)]
struct Noted {
    number: u64,
}

#[instrument]
async fn is_stuck() {
    STUCK.store(true, Ordering::Relaxed);
    std::thread::sleep(Duration::from_secs(60));
}

#[instrument]
async fn ends(how: String) {
    (0..COUNT).for_each(|number| Noted { number }.emit());
    // Who has spawned this may still be writing that down.
    std::thread::sleep(Duration::from_millis(20));
    match how.as_str() {
        "abort" => std::process::abort(),
        "panic" => panics(),
        "fault" => faults(),
        "fork" => forks(),
        _ => {}
    }
    // SAFETY: it is told to this process alone.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
}

/// A panic that can't be unwound.
extern "C" fn panics() {
    panic!("this ends the process");
}

fn faults() {
    // SAFETY: the system chooses the place, so nobody's memory is replaced.
    let page = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_NONE, flags, -1, 0)
    };
    // SAFETY: the page is this function's own; that it may not be read is for the system to say.
    let read = unsafe { page.cast::<u8>().read_volatile() };
    unreachable!("{read}");
}

fn forks() {
    // SAFETY: what the child calls needs no other thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let is_well = std::panic::catch_unwind(as_a_child).unwrap_or(false);
        // SAFETY: it ends the process, as a child that was forked is to.
        unsafe { libc::_exit(if is_well { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a number.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    Noted { number: COUNT + u64::from(status != 0) }.emit();
}

/// All that the recorder would see, and a try to take what the parent has.
fn as_a_child() -> bool {
    (COUNT..2 * COUNT).for_each(|number| Noted { number }.emit());
    in_child();
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let started = Recorder::new(NullWriter).recover_in(&folder).recover_as("ended").start();
    matches!(started, Err(StartError::Forked)) && left(&folder).len() == 1
}

#[instrument]
fn in_child() {}

fn recorder(folder: &Path) -> Recorder {
    let writer = RotatingWriter::new(folder.join("trace.bin"), 1 << 20, 64 << 20).unwrap();
    Recorder::new(writer).recover_in(folder).recover_as("ended")
}

#[test]
#[ignore = "a program for the test below"]
fn a_program() {
    let guard = recorder(&PathBuf::from(std::env::var_os(FOLDER).unwrap())).start().unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_name("ends-worker");
    let runtime = guard.handle().build(builder, "ended").unwrap();
    let how = std::env::var(HOW).unwrap();
    runtime.block_on(async {
        // Until they sleep for the first time, workers are not known to be any.
        std::thread::sleep(BEFORE);
        drop(spanwright::spawn(is_stuck()));
        while !STUCK.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(BEFORE);
        spanwright::spawn(ends(how)).await.unwrap();
    });
}

/// Runs the program to its end.
fn run(how: &str, folder: &Path) -> Output {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["ended::a_program", "--exact", "--ignored"]).env(FOLDER, folder).env(HOW, how);
    program.output().unwrap()
}

/// What processes have left in memory.
fn left(folder: &Path) -> Vec<PathBuf> {
    files(folder, "ring")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|of| of == extension)).collect()
}

fn threads<'e>(events: &'e [Record<'static>]) -> impl Iterator<Item = &'e Thread<'static>> {
    events.iter().filter_map(|record| match &record.event {
        Event::Thread(thread) => Some(&**thread),
        _ => None,
    })
}

fn opens<'e>(
    events: &'e [Record<'static>],
    what: Opened,
) -> impl Iterator<Item = (&'e Record<'static>, &'e Open<'static>)> {
    events.iter().filter_map(move |record| match &record.event {
        Event::Open(open) if open.what == what => Some((record, &**open)),
        _ => None,
    })
}

/// What a recording of the process is to say.
fn check(how: &str, events: &[Record<'static>]) {
    let mut started = Vec::new();
    for name in ["is_stuck", "ends"] {
        let task = tasks(events, name)[0].task;
        let polls: Vec<_> = opens(events, Opened::Poll).filter(|(_, open)| open.task == Some(task)).collect();
        let [(record, _)] = polls[..] else { panic!("{how}: {name}: {polls:?}") };
        let thread = threads(events).filter(|thread| thread.id == record.thread).last().expect("it is named");
        assert_eq!((&*thread.name, thread.role), ("ends-worker", Role::Worker), "{how}");
        assert!(thread.worker.is_some() && thread.runtime.is_some(), "{thread:?}");
        assert!(thread.os_id != 0 || !cfg!(target_os = "linux"), "{thread:?}");
        started.push(record.start());
        let spans = opens(events, Opened::Span).filter(|(_, open)| &*open.name == name).count();
        assert_eq!(spans, 1, "{how}: {name}");
    }
    let before = Duration::from_nanos(started[1] - started[0]);
    assert!(before >= BEFORE && before < Duration::from_secs(30), "{how}: {before:?}");
    let mut numbers: Vec<_> = events.iter().filter_map(number).collect();
    numbers.sort_unstable();
    let noted = if how == "fork" { COUNT + 1 } else { COUNT };
    assert_eq!(numbers, (0..noted).collect::<Vec<_>>(), "{how}: each once, and none of a child's");
    let of_child =
        events.iter().any(|record| matches!(&record.event, Event::Span(span) if &*span.name == "in_child"));
    assert!(!of_child, "{how}");
}

fn number(record: &Record<'_>) -> Option<u64> {
    let Event::User(user) = &record.event else { return None };
    match user.fields[0].value {
        Value::Uint(number) if &*user.name == "noted" => Some(number),
        _ => None,
    }
}

#[test]
fn it_is_known_which_thread_polled_which_task_however_the_process_ended() {
    let _alone = alone();
    for how in ["kill", "abort", "panic", "fault", "fork"] {
        let folder = std::env::temp_dir().join(format!("spanwright-ended-{how}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let output = run(how, &folder);
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(left(&folder).len(), 1, "{output:?}");

        // By hand, as `spanwright recover` does.
        let mut by_hand = Kept::default();
        let mut remains = Remains::open(&left(&folder)[0]).unwrap().expect("its process is gone");
        remains.write(&mut by_hand).unwrap();
        assert_eq!(remains.damage(), None);
        drop(remains);
        let recordings = files(&folder, "bin");
        let mut reader = Reader::open_all(&recordings).unwrap();
        let mut events: Vec<_> = reader.events().collect();
        events.extend(by_hand.events());
        check(how, &events);

        // And by the next start.
        let guard = recorder(&folder).start().unwrap();
        assert!(guard.handle().flush(Duration::from_secs(10)));
        drop(guard);
        assert_eq!(left(&folder).len(), 0);
        let mut reader = Reader::open_all(files(&folder, "bin")).unwrap();
        let events: Vec<_> = reader.events().collect();
        assert!(reader.problems().is_empty(), "{:?}", reader.problems());
        check(how, &events);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_forked_child_waits_for_no_thread_of_its_parents_recorder() {
    let _alone = alone();
    let (guard, _) = recorded::recorder(|recorder| recorder.enabled(false));
    // SAFETY: the child drops what nobody else has, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let start = Instant::now();
        let handle = guard.handle();
        handle.enable();
        handle.trigger("in a child");
        handle.dump_tasks();
        let is_flushed = handle.flush(Duration::from_secs(3));
        handle.disable();
        let is_there = is_flushed || RecorderHandle::current().is_some();
        let is_ended = guard.shutdown(Duration::from_secs(3));
        let waited = start.elapsed() > Duration::from_secs(2);
        // SAFETY: it ends the process, as a child that was forked is to.
        unsafe { libc::_exit((waited || is_there || is_ended).into()) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a number.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    drop(guard);
}
