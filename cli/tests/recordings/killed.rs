//! `spanwright recover` on what a killed process has left in memory: a program of its own, this test program run anew.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use spanwright::recorder::{NullWriter, Recorder};
use spanwright::{Event as _, instrument};

use super::{folder, said, spanwright, stderr, stdout};

const FOLDER: &str = "SPANWRIGHT_TEST_FOLDER";
const COUNT: u64 = 500;

#[derive(spanwright::Event)]
struct Counted {
    number: u64,
}

#[instrument]
fn waits_to_be_killed() {
    (0..COUNT).for_each(|number| Counted { number }.emit());
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nready").unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
#[ignore = "a program for other tests"]
fn a_program() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    // What is kept in memory is never written by itself.
    let recorder = Recorder::new(NullWriter).flight(Duration::from_secs(60), 1 << 20);
    let guard = recorder.recover_in(folder).recover_as("cli").start().unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("a-worker");
    let runtime = guard.handle().build(builder, "cli").unwrap();
    runtime.block_on(async { spanwright::spawn(async { waits_to_be_killed() }).await.unwrap() });
}

fn program(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::a_program", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "ready"), "it starts");
    child
}

fn left(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "ring")).count()
}

#[test]
fn what_a_killed_process_has_left_is_recovered_and_removed_when_it_is_told_to() {
    let folder = folder("killed");
    let mut child = program(&folder);
    // It is alive.
    let output = spanwright(&folder, &["recover", ".", "--out", "early.spwr"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("its process runs, or is being adopted; try again"), "{output:?}");
    assert!(!folder.join("early.spwr").exists());
    child.kill().unwrap();
    child.wait().unwrap();

    let first = said(&folder, &["recover", ".", "--out", "first.spwr"]);
    assert!(first.contains(" blocks are recovered: `first.spwr`"), "{first}");
    assert_eq!(left(&folder), 1);
    // The memory is no recording, and is no problem either.
    let events = said(&folder, &["jsonl", "."]);
    let has = |what: &str| events.lines().filter(|line| line.contains(what)).count();
    assert_eq!(has("\"counted\""), COUNT as usize, "{events}");
    assert_eq!(has("\"waits_to_be_killed\""), 1, "{events}");
    assert!(has("\"a-worker\"") > 0, "{events}");
    let is_poll = |line: &&str| line.contains("\"open\"") && line.contains("\"poll\"");
    assert_eq!(events.lines().filter(is_poll).count(), 1, "{events}");

    std::fs::create_dir(folder.join("again")).unwrap();
    said(&folder, &["recover", ".", "--out", "again/both.spwr", "--remove"]);
    assert_eq!(left(&folder), 0);
    let both = stdout(&spanwright(&folder, &["jsonl", "again"]));
    assert_eq!(both.matches("\"counted\"").count(), 2 * COUNT as usize, "the file's, and the memory's");
}

#[cfg(target_os = "linux")]
#[test]
fn the_systems_memory_is_read_whole_and_what_others_have_there_is_left_alone() {
    let memory = Path::new("/dev/shm");
    if !memory.is_dir() {
        return;
    }
    let others = memory.join(format!("sem.cli-{}", std::process::id()));
    std::fs::write(&others, vec![7; 100_000]).unwrap();
    let mut child = program(memory);
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = folder("memory");
    // Other programs on this machine may have left something there too, or run.
    let output = spanwright(&folder, &["recover", "/dev/shm", "--out", "all.spwr"]);
    std::fs::remove_file(&others).unwrap();
    let ours = format!("spanwright-cli-{}-", child.id());
    for file in std::fs::read_dir(memory).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with(&ours) {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    assert!(!stderr(&output).contains("sem.cli"), "{output:?}");
    let events = stdout(&spanwright(&folder, &["jsonl", "all.spwr"]));
    assert!(events.matches("\"counted\"").count() >= COUNT as usize, "{output:?}");
}
