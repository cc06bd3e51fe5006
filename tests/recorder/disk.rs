//! Disks that are full, budgets, and writers that do not return.

use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use spanwright::recorder::{
    Recorder, RecorderHandle, RotatingWriter, Sealed, SimpleBinaryWriter, StartError, TraceWriter,
};
use spanwright_recording::event::{Event, Why};
use spanwright_recording::{Reader, numbered_files};
use tokio::runtime::Runtime;

use crate::folder::Folder;
use crate::recorded::{Kept, alone, multi_thread, polls, recorder, tasks, until};

fn yields(runtime: &Runtime, times: usize) {
    runtime.block_on(async {
        let yields = async move {
            for _ in 0..times {
                tokio::task::yield_now().await;
            }
        };
        spanwright::spawn(yields).await.unwrap();
    });
}

fn metric(name: &str) -> f64 {
    let family = spanwright::Registry::global().get_metric(name).unwrap();
    family.series.iter().filter_map(|series| series.value.number()).sum()
}

/// A file system of 256 KiB.
#[cfg(target_os = "linux")]
struct SmallDisk(Folder);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// Nothing, where we may not make one.
    fn new() -> Option<Self> {
        let folder = Folder::new("recorder-disk");
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&folder.0);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        let required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
        assert!(mounted || !required, "a small disk can't be mounted: it needs root");
        mounted.then_some(Self(folder))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_of_and_recording_goes_on_when_it_has_room() {
    use crate::admin::Admin;

    let _alone = alone();
    let Some(disk) = SmallDisk::new() else { return };
    let ballast = disk.0.0.join("somebody-else's");
    std::fs::write(&ballast, vec![1; 128 << 10]).unwrap();
    let base = disk.0.0.join("trace.bin");
    let writer = RotatingWriter::new(&base, 1 << 20, 1 << 24).unwrap();
    let admin = Admin::of(Recorder::new(writer).delay(Duration::from_millis(20)));
    let handle = RecorderHandle::current().unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1);
    let runtime = handle.build(builder, "full").unwrap();
    assert_eq!(admin.health(), "ok");
    let before = metric("spanwright_recorder_write_errors_total");
    until("the disk to be full", || {
        yields(&runtime, 20_000);
        // A small block may find room once more after a large one did not.
        admin.health() == "degraded"
    });
    assert!(metric("spanwright_recorder_write_errors_total") > before);
    std::fs::remove_file(&ballast).unwrap();
    until("that it is written again", || {
        yields(&runtime, 10);
        handle.flush(Duration::from_secs(5))
    });
    assert_eq!(admin.health(), "ok");
    drop((runtime, admin));
    let mut reader =
        Reader::open_all(numbered_files(&base).unwrap().into_iter().map(|(_, path, _)| path)).unwrap();
    let lost =
        |event: &Event<'_>| matches!(event, Event::Gap(gap) if gap.why == Why::Unwritten && gap.lost > 0);
    assert!(reader.events().any(|record| lost(&record.event)), "what is missing is told");
}

#[test]
fn a_dump_that_the_writer_did_not_take_is_written_when_it_can() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder.flight(Duration::from_secs(30), 1 << 20));
    let handle = guard.handle();
    *kept.fails.lock().unwrap() = true;
    handle.trigger("first");
    until("that it fails", || handle.status().failing.is_some());
    assert_eq!(handle.status().dumps, 0);
    *kept.fails.lock().unwrap() = false;
    until("the recording", || handle.status().dumps == 1);
    assert!(!handle.status().is_degraded());
    let why = |event: &Event<'_>| matches!(event, Event::Trigger(trigger) if &*trigger.why == "first");
    assert_eq!(kept.events().iter().filter(|record| why(&record.event)).count(), 1);
    drop(guard);
}

/// Does not return before it is told to.
struct Blocks(mpsc::Receiver<()>);

impl TraceWriter for Blocks {
    fn write_block(&mut self, _: &Sealed<'_>) -> io::Result<()> {
        let _ = self.0.recv();
        Ok(())
    }
}

#[test]
fn a_writer_that_does_not_return_holds_up_no_shutdown_and_nobody_starts_beside_it() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel();
    let guard = Recorder::new(Blocks(receiver)).start().unwrap();
    let handle = guard.handle();
    let runtime = multi_thread(&guard, 1);
    yields(&runtime, 100);
    assert!(!handle.flush(Duration::from_millis(50)));
    drop(runtime);
    let started = Instant::now();
    assert!(!guard.shutdown(Duration::from_millis(300)));
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(matches!(Recorder::new(Kept::default()).start(), Err(StartError::Ending)));
    handle.enable();
    assert!(!handle.is_enabled(), "it was told to end");
    drop(sender);
    until("the end", || RecorderHandle::current().is_none());
    let (guard, kept) = recorder(|recorder| recorder);
    assert!(guard.handle().flush(Duration::from_secs(5)));
    drop(guard);
    assert!(!kept.is_empty());
}

fn numbers(base: &Path) -> Vec<u64> {
    numbered_files(base).unwrap().into_iter().map(|(number, ..)| number).collect()
}

#[test]
fn the_budget_holds_over_recorders_that_end_and_start_again() {
    const BUDGET: u64 = 192 << 10;
    let _alone = alone();
    let folder = Folder::new("recorder-budget");
    let base = folder.0.join("trace.bin");
    let mut last = 0;
    for _ in 0..4 {
        let writer = RotatingWriter::new(&base, 48 << 10, BUDGET).unwrap();
        let guard = Recorder::new(writer).start().unwrap();
        let runtime = multi_thread(&guard, 2);
        yields(&runtime, 40_000);
        drop(runtime);
        assert!(guard.shutdown(Duration::from_secs(20)));
        let total: u64 = numbered_files(&base).unwrap().iter().map(|(.., length)| length).sum();
        assert!(total <= BUDGET, "{total}");
        let numbers = numbers(&base);
        assert!(numbers[0] > 0 || last == 0, "the oldest go: {numbers:?}");
        assert!(numbers.last().unwrap() > &last, "each start has files of its own: {numbers:?}");
        last = *numbers.last().unwrap();
    }
}

#[test]
fn one_file_has_all_of_it() {
    let _alone = alone();
    let folder = Folder::new("recorder-simple");
    let path = folder.0.join("trace.bin");
    let guard = Recorder::new(SimpleBinaryWriter::new(&path).unwrap()).start().unwrap();
    let runtime = multi_thread(&guard, 1);
    yields(&runtime, 30_000);
    drop(runtime);
    assert!(guard.shutdown(Duration::from_secs(20)));
    let mut reader = Reader::open(&path).unwrap();
    let events: Vec<_> = reader.events().collect();
    assert!(reader.is_finished() && reader.problems().is_empty(), "{:?}", reader.problems());
    assert_eq!(polls(&events, tasks(&events, "yields")[0].task).len(), 30_001);
}

#[cfg(unix)]
#[test]
#[ignore = "a program for the test below"]
fn a_program_whose_memory_has_little_room() {
    let limit = |bytes| {
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is to a limit.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
    };
    let folder = Folder::new("little-room");
    limit(384 << 10);
    let (guard, _) = recorder(|recorder| recorder.recover_in(&folder.0).delay(Duration::from_millis(10)));
    let runtime = multi_thread(&guard, 1);
    let is_mortal = || {
        yields(&runtime, 1_000);
        guard.handle().status().mortal.is_some_and(|why| why.contains("has no room"))
    };
    until("that it is told", is_mortal);
    limit(libc::RLIM_INFINITY);
    until("that there is room", || !is_mortal());
}

#[cfg(unix)]
#[test]
fn what_would_not_outlive_a_kill_is_told_while_that_is_so() {
    let _alone = alone();
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program.args(["disk::a_program_whose_memory_has_little_room", "--exact", "--ignored"]);
    let output = program.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
