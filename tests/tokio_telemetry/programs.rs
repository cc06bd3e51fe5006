//! The document's programs, run as it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use spanwright_recording::{Reader, numbered_files};

use crate::built::{example, without_telemetry};
use crate::process::{Process, TempDir, until};
use crate::table::{is_an_example, packages, rows_of, targets, workspace};

const SEED: &str = "Tokio telemetry";

/// A program whose recordings are in this folder.
pub(crate) fn command(name: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = without_telemetry(example(name));
    command.args(arguments).env("TMPDIR", folder).env("SPANWRIGHT_METRICS_ENABLED", "false");
    command
}

/// Runs it to its good end; what it has written.
#[track_caller]
pub(crate) fn run(name: &str, folder: &Path, arguments: &[&str]) -> String {
    let mut process = Process::start(&mut command(name, folder, arguments));
    let status = process.wait();
    assert!(status.success(), "{name}: {status}\n{}", process.stderr());
    process.stdout()
}

fn recording(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join("my_traces").join(name)
}

/// The number between these.
#[track_caller]
fn number(text: &str, before: &str, after: &str) -> u64 {
    let number =
        text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(number, _)| number.trim());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no `{before}…{after}` in\n{text}"))
}

#[test]
fn a_long_sleep_is_found_with_its_task() {
    let folder = TempDir::new();
    let text = run("long_sleep", folder.path(), &[]);
    assert!(text.contains("long_sleep::sleeps_in_its_poll"), "{text}");
    assert!(text.contains("made at examples/long_sleep.rs:"), "{text}");
    assert!(number(&text, "a poll took ", " ms") >= 300, "{text}");
    assert!(
        text.contains("where it was: in one poll, on thread "),
        "nobody would find an await there: {text}"
    );
    assert!(number(&text, "seen while they went on: ", "\n") >= 1, "{text}");
}

#[test]
fn a_cancelled_task_is_found_with_its_end_and_where_it_waited() {
    let folder = TempDir::new();
    let text = run("cancelled_task", folder.path(), &[]);
    let task = text.lines().find(|line| line.contains("cancelled_task::is_given_up")).expect("the task");
    assert!(task.ends_with(": cancelled"), "{text}");
    assert!(number(&text, "a poll took ", " ms") >= 100, "{text}");
    assert!(text.contains("where it was: never_answers at examples/cancelled_task.rs:"), "{text}");
}

#[test]
fn a_completing_task_is_found_with_its_end_and_where_it_waited() {
    let folder = TempDir::new();
    let text = run("completing_task", folder.path(), &[]);
    let task = text.lines().find(|line| line.contains("completing_task::completes")).expect("the task");
    assert!(task.ends_with(": completed"), "{text}");
    assert!(number(&text, "a poll took ", " ms") >= 100, "{text}");
    assert!(text.contains("where it was: completes at examples/completing_task.rs:"), "{text}");
}

#[test]
fn the_demo_records_only_while_it_is_switched_on() {
    let folder = TempDir::new();
    let text = run("telemetry_demo", folder.path(), &[]);
    let counts: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_suffix(" events")?.rsplit(' ').next()?.parse().ok())
        .collect();
    let [off, on, off_again] = counts[..] else { panic!("{text}") };
    // What the process and its runtimes are may be said at any time.
    assert!(off < 20 && off_again < on + 20, "{text}");
    assert!(on > 800, "a poll for each of eight tasks' hundred turns: {text}");
    assert!(number(&text, "telemetry_demo.bin\n", " events in ") > on, "a task has switched it on: {text}");
    let reader = Reader::open(recording(&folder, "telemetry_demo.bin")).unwrap();
    assert!(reader.is_finished() && reader.problems().is_empty());
}

#[test]
fn files_rotate_and_are_whole_after_the_final_flush() {
    let folder = TempDir::new();
    let mut process = Process::start(&mut command("telemetry_rotating", folder.path(), &[]));
    let base = recording(&folder, "trace.bin");
    until("a second file", || base.with_file_name("trace.1.bin").is_file().then_some(()));
    process.signal("TERM");
    assert!(process.wait().success(), "{}", process.stderr());
    let files = numbered_files(&base).unwrap();
    assert_eq!(files[0].0, 0, "they are numbered from 0");
    assert!(files.iter().map(|(.., length)| length).sum::<u64>() <= 5 * 1024 * 1024);
    for (_, path, length) in &files {
        // A file's index comes after its last block.
        assert!(*length <= 1024 * 1024 + 64 * 1024, "{} has {length} bytes", path.display());
        assert!(process.stdout().contains(&path.display().to_string()), "the summary names it");
        let reader = Reader::open(path).unwrap();
        assert!(reader.is_finished() && reader.problems().is_empty(), "{}", path.display());
    }
    let mut reader = Reader::open_all(files.iter().map(|(_, path, _)| path)).unwrap();
    let events = reader.events().count() as u64;
    let summary = process.stdout();
    let told = number(&summary, "\n", " events, ");
    assert!(events >= told, "{events} are in the files, and {told} were recorded:\n{summary}");
    assert!(summary.contains(" 0 lost"), "{summary}");
}

#[test]
fn each_kind_of_record_is_in_a_recording_and_in_its_lines_of_json() {
    let folder = TempDir::new();
    run("telemetry_rotating", folder.path(), &["--once", "--seconds=1"]);
    let from = recording(&folder, "trace.0.bin");
    let to = folder.path().join("output.jsonl");
    let told = run("trace_to_jsonl", folder.path(), &[from.to_str().unwrap(), to.to_str().unwrap()]);
    let text = fs::read_to_string(&to).unwrap();
    let lines: Vec<Json> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(lines.len() as u64, number(&format!("\n{told}"), "\n", " events in "));
    assert!(lines.is_sorted_by_key(|line| line["at"].as_u64()), "they are in the order of time");
    for row in rows_of(SEED, "record kind") {
        // A poll and a park are one record each, written at the end: it began its duration earlier.
        let (kind, field) = match row.item.as_str() {
            "poll start" | "poll end" => ("poll", "duration"),
            "worker park" | "worker unpark" => ("park", "duration"),
            "queue depth sample" => ("queue_depth", "global"),
            other => panic!("no kind is known for `{other}`"),
        };
        let mut of_kind = lines.iter().filter(|line| line["kind"] == kind);
        assert!(of_kind.clone().next().is_some(), "no `{kind}`");
        assert!(
            of_kind.all(|line| line[field].is_u64() && line["thread"].is_u64()),
            "a `{kind}` has no `{field}`"
        );
    }
    // The same events take a multiple of it in JSON.
    assert!(fs::metadata(&from).unwrap().len() * 5 < text.len() as u64, "the format is compact");
}

#[test]
fn an_analysis_has_a_summary_of_each_worker() {
    let folder = TempDir::new();
    run("telemetry_rotating", folder.path(), &["--once", "--seconds=1"]);
    let text = run("analyze_trace", folder.path(), &[recording(&folder, "trace.0.bin").to_str().unwrap()]);
    assert!(
        text.contains(" poll\n") && text.contains(" park\n") && text.contains(" queue_depth\n"),
        "{text}"
    );
    let workers: BTreeSet<&str> =
        text.lines().filter(|line| line.contains(" of the time of the busiest")).collect();
    assert_eq!(workers.len(), 4, "{text}");
    for worker in workers {
        let thread = worker.split(':').next().expect("its name");
        let summary = text.lines().find(|line| line.starts_with(&format!("{thread} "))).expect("its summary");
        assert!(summary.contains(" polls, busy ") && summary.contains(" parks"), "{summary}");
    }
    assert!(text.contains("telemetry_rotating::requests"), "the longest polls have their tasks: {text}");
}

#[test]
fn what_is_no_recording_is_an_error() {
    let folder = TempDir::new();
    let file = folder.path().join("trace.bin");
    fs::write(&file, "something else").unwrap();
    let file = file.to_str().unwrap();
    for (program, arguments) in
        [("analyze_trace", &[file][..]), ("trace_to_jsonl", &[file, "/nowhere/else"]), ("analyze_trace", &[])]
    {
        let mut process = Process::start(&mut command(program, folder.path(), arguments));
        assert!(!process.wait().success(), "{program} {arguments:?}: {}", process.stdout());
        assert!(process.stderr().contains(program), "{}", process.stderr());
    }
}

#[test]
fn the_documents_commands_run_from_the_root() {
    let mut examples = 0;
    for row in rows_of(SEED, "command") {
        if let Some(rest) = row.name().strip_prefix("cargo run --example ") {
            let name = rest.split(' ').next().expect("its name");
            assert!(is_an_example(name), "{row:?}");
            examples += 1;
        }
    }
    assert_eq!(examples, 7);
    for row in rows_of(SEED, "program") {
        assert!(workspace().join(row.name()).is_file(), "{row:?}");
    }
}

#[test]
fn benchmarks_run_from_the_root_and_so_does_the_script() {
    let manifest = fs::read_to_string(workspace().join("tests/recorder/Cargo.toml")).unwrap();
    let benchmark = &rows_of(SEED, "benchmark")[0];
    assert!(manifest.contains(&format!("[[bench]]\nname = \"{}\"", benchmark.name())), "{manifest}");
    let script = &rows_of(SEED, "script")[0];
    let script = script.name().split(' ').next().expect("its path");
    let text = fs::read_to_string(workspace().join(script)).expect("the script is there");
    assert!(text.contains(&format!(
        "cargo bench --quiet --package spanwright-recorder-tests --bench {}",
        benchmark.name()
    )));
    // Unit tests are no benchmarks: nothing of the workspace is built for them.
    for package in packages() {
        let manifest = fs::read_to_string(package["manifest_path"].as_str().expect("a path")).unwrap();
        let programs = targets(&package, &["lib", "proc-macro", "bin"], |_| true);
        assert_eq!(manifest.matches("\nbench = false\n").count(), programs, "{}", package["name"]);
    }
}

#[test]
fn the_folder_of_the_examples_switches_tokios_unstable_parts_on() {
    let row = &rows_of(SEED, "configuration")[0];
    let folder = workspace().join("examples/tokio_telemetry");
    let text = fs::read_to_string(folder.join(row.name())).expect("the file");
    assert!(text.contains(r#"rustflags = ["--cfg", "tokio_unstable"]"#), "{text}");
}
