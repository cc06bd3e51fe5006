//! `spanwright perfetto`, judged by Perfetto's own protos and by speedscope in a browser.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanwright_recording::event::{Nanos, Poll, TaskId};
use spanwright_recording::{Encoder, Options, SimpleBinaryWriter};

use super::*;

/// What Perfetto's protos make of a recording, once all that `jsonl` says is in it.
fn as_perfetto_has_it(python: &Path, folder: &Path, recordings: &[&str]) -> Value {
    said(folder, &[&["perfetto", "--out", "trace.pftrace"], recordings].concat());
    said(folder, &[&["jsonl", "--out", "trace.jsonl"], recordings].concat());
    let files = [folder.join("trace.pftrace"), folder.join("trace.jsonl")];
    backends::run(python, "check_trace.py", &[&files[0], &files[1]])
}

#[test]
fn perfetto_s_own_protos_find_each_event_where_it_was() {
    let Some(python) = backends::python_with("perfetto") else { return };
    let folder = shops("perfetto");
    let both = as_perfetto_has_it(&python, &folder, &["north", "south"]);
    let counts = &both["counts"];
    assert_eq!((&counts["poll"], &counts["park"], &counts["span"]), (&152.into(), &52.into(), &20.into()));
    assert_eq!(both["processes"], json!([[71, "shop"], [72, "shop"]]));
    assert_eq!(both["threads"], json!(["thread 2", "worker-0", "worker-0", "worker-1", "worker-1"]));
    assert_eq!(both["polled"], json!(["shop::task_0", "shop::task_1", "shop::task_2", "task 1"]));
    // Task 3 lasted from 3 µs to 61 ms; the call on the blocking pool from 52 ms to 56 ms.
    assert_eq!(both["tasks"], json!([["hash", 4_000_000], ["shop::task_0", 60_997_000]]));
    // Each of the twelve tasks, and the call, leads from where it was spawned to its first poll.
    assert_eq!(both["arrows"], 13);

    let every_kind = every_kind("zstd").display().to_string();
    let every_kind = as_perfetto_has_it(&python, &folder, &[&every_kind]);
    assert_eq!(every_kind["counts"].as_object().map(|kinds| kinds.len()), Some(13), "{every_kind}");
    assert_eq!(every_kind["arrows"], 81);
}

#[test]
fn values_as_large_as_can_be_are_drawn() {
    let Some(python) = backends::python_with("perfetto") else { return };
    let folder = folder("perfetto-extreme");
    scenario::extreme(&folder.join("x/trace.spwr"));
    let extreme = as_perfetto_has_it(&python, &folder, &["x"]);
    // Three begin at the very end of time, after which nothing is asked for.
    assert_eq!(extreme["counts"]["poll"], 57);
}

/// Of names only so many are kept; then the reader is told to forget them.
#[test]
fn more_names_than_are_kept_are_drawn() {
    let Some(python) = backends::python_with("perfetto") else { return };
    let folder = folder("perfetto-names");
    let writer = SimpleBinaryWriter::new(folder.join("trace.spwr")).unwrap();
    let mut files = Encoder::new(writer, Options::default());
    for task in 1..=40_000 {
        let poll = Poll { duration: Nanos(5), task: TaskId::new(task), worker: None };
        files.event(0, scenario::START + 10 * task, &poll).unwrap();
    }
    files.finish().unwrap();
    let all = as_perfetto_has_it(&python, &folder, &["trace.spwr"]);
    assert_eq!(all["polled"].as_array().map(Vec::len), Some(40_000));
    assert_eq!(all["counts"]["poll"], 40_000);
}

#[test]
fn processes_of_the_same_number_are_kept_apart() {
    let Some(python) = backends::python_with("perfetto") else { return };
    let folder = folder("perfetto-same");
    for (host, recording) in [("north", 1), ("south", 2)] {
        let mut files = scenario::encoder(&folder.join(host).join("trace.spwr"), recording);
        scenario::begin(&mut files, 1, host);
        let poll = Poll { duration: Nanos(5), task: TaskId::new(1), worker: None };
        files.event(0, scenario::START + 10, &poll).unwrap();
        files.finish().unwrap();
    }
    let both = as_perfetto_has_it(&python, &folder, &["north", "south"]);
    assert_eq!(both["processes"], json!([[1, "shop"], [10_000_001, "shop"]]));
    assert_eq!(both["counts"]["poll"], 2);
}

#[test]
fn speedscope_opens_chrome_s_trace_events() {
    let (Some(modules), Some(chromium)) = (backends::node_with("speedscope"), backends::chromium()) else {
        return;
    };
    let folder = shops("speedscope");
    said(&folder, &["perfetto", "--json", "north", "south", "--out", "trace.json"]);
    let node = Path::new("node");
    let trace = folder.join("trace.json");
    let opened = backends::run(node, "open_in_speedscope.mjs", &[&modules, &chromium, &trace]);
    assert_eq!(opened["wrong"], json!([]));

    let mut expected: BTreeMap<(u64, String), u64> = BTreeMap::new();
    for line in said(&folder, &["jsonl", "north", "south", "--kind", "poll,park,blocking_run"]).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let pid = if event["recording"] == "000000000000000a" { 71 } else { 72 };
        let thread = match event["thread"].as_u64().unwrap() {
            2 => "thread 2".to_owned(),
            number => format!("worker-{number}"),
        };
        *expected.entry((pid, thread)).or_default() += event["duration"].as_u64().unwrap();
    }
    let mut found = BTreeMap::new();
    for profile in opened["profiles"].as_array().unwrap() {
        let name = profile["name"].as_str().unwrap();
        let slices = profile["slices"].as_array().unwrap();
        // It makes one of those that follow each other and have the same name.
        let duration: u64 = slices.iter().map(|slice| slice[1].as_u64().unwrap()).sum();
        for slice in slices {
            let name = slice[0].as_str().unwrap();
            assert!(
                name.starts_with("shop::task_") || ["parked", "hash", "task 1"].contains(&name),
                "{name}"
            );
        }
        let pid = if name.contains("(pid 71)") { 71 } else { 72 };
        let thread = name.split_once(", ").unwrap().1.split(" (").next().unwrap().to_owned();
        found.insert((pid, thread), duration);
    }
    assert_eq!(found, expected);
}

#[test]
fn what_is_read_is_not_written_over() {
    let folder = shops("perfetto-over");
    let output = spanwright(&folder, &["perfetto", "north", "--out", "north/trace.0.spwr"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is what is to be read; write to another file"), "{}", stderr(&output));
}
