//! `spanwright pprof`, judged by DataDog's `pprof-format`, and by speedscope in a browser.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanwright_recording::event::*;

use super::*;

/// A profile as others read it.
fn read(modules: &Path, folder: &Path, args: &[&str]) -> Value {
    said(folder, &[&["pprof", "--out", "busy.pb.gz"], args].concat());
    backends::run(Path::new("node"), "read_profile.mjs", &[modules, &folder.join("busy.pb.gz")])
}

/// Its samples by their stacks: the innermost frame first, joined.
fn samples(profile: &Value) -> BTreeMap<String, (u64, u64)> {
    let frames = |stack: &Value| {
        let frames = stack.as_array().unwrap().iter().map(|frame| frame.as_str().unwrap().to_owned());
        frames.collect::<Vec<_>>().join(" < ")
    };
    let one = |sample: &Value| {
        let value = |place: usize| sample["values"][place].as_u64().unwrap();
        (frames(&sample["stack"]), (value(0), value(1)))
    };
    profile["samples"].as_array().unwrap().iter().map(one).collect()
}

fn sums(samples: &BTreeMap<String, (u64, u64)>) -> (u64, u64) {
    samples.values().fold((0, 0), |sum, sample| (sum.0 + sample.0, sum.1 + sample.1))
}

/// What `jsonl` says of durations: their sum, and how many there are.
fn expected(folder: &Path, recordings: &[&str]) -> (u64, u64) {
    let lines = said(folder, &[&["jsonl", "--kind", "poll,blocking_run"], recordings].concat());
    let durations = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["duration"].as_u64().unwrap()
    });
    durations.fold((0, 0), |(sum, count), duration| (sum + duration, count + 1))
}

#[test]
fn a_profile_has_the_busy_time_of_all_polls_by_where_tasks_were_spawned() {
    let Some(modules) = backends::node_with("pprof-format") else { return };
    let folder = shops("pprof");
    let north = read(&modules, &folder, &["north"]);
    assert_eq!(north["types"], json!([["busy", "nanoseconds"], ["polls", "count"]]));
    assert_eq!(north["shown"], "busy");
    // From the first park or poll on; the last is a park.
    assert_eq!((&north["time"], &north["duration"]), (&"1700000000000000000".into(), &"61000000".into()));
    let of_north = samples(&north);
    assert_eq!(sums(&of_north), expected(&folder, &["north"]));
    // Tasks 2, 5, 8 and 11: 33 rounds of 50 µs, and one of 12 ms.
    assert_eq!(of_north["shop::task_2 src/shop.rs:42"], (33 * 50_000 + 12_000_000, 34));
    assert_eq!(of_north["hash :0"], (3_000_000, 1));

    let both = read(&modules, &folder, &["north", "south"]);
    assert_eq!(sums(&samples(&both)), expected(&folder, &["north", "south"]));
    let of_south = both["samples"].as_array().unwrap().iter();
    let of_south: Vec<_> =
        of_south.filter(|sample| sample["labels"]["recording"] == "000000000000000b").collect();
    assert_eq!(of_south.len(), 1);
    assert_eq!(of_south[0]["stack"], json!(["(unknown tasks) :0"]));

    let file = every_kind("zstd").display().to_string();
    let every_kind = read(&modules, &folder, &[&file]);
    assert_eq!(sums(&samples(&every_kind)), expected(&folder, &[&file]));
}

#[test]
fn tasks_are_below_what_spawned_them() {
    let Some(modules) = backends::node_with("pprof-format") else { return };
    let folder = folder("pprof-spawned");
    let mut files = scenario::encoder(&folder.join("trace.spwr"), 1);
    let mut put = |at: u64, event: Event<'static>| files.event(0, scenario::START + at, &event).unwrap();
    // 1 spawns 2, which spawns 3 of its own kind; 1 ends before 3 is polled.
    for (task, parent, name) in [(1, None, "accept"), (2, Some(1), "serve"), (3, Some(2), "serve")] {
        let spawn = TaskSpawn {
            task: TaskId::new(task),
            parent: parent.map(TaskId::new),
            name: name.into(),
            place: Place::new("src/main.rs", task as u32, 1),
            ..TaskSpawn::default()
        };
        put(task, spawn.into());
    }
    let poll = |task| Poll { duration: Nanos(1), task: TaskId::new(task), worker: None };
    put(10, poll(1).into());
    put(11, TaskEnd { task: TaskId::new(1), how: End::Completed, polls: None }.into());
    put(20, poll(2).into());
    put(30, poll(3).into());
    put(40, poll(1).into());
    files.finish().unwrap();
    let samples = samples(&read(&modules, &folder, &["trace.0.spwr"]));
    let stacks: Vec<_> = samples.into_iter().collect();
    let (accept, serve) = ("accept src/main.rs:1", "serve src/main.rs:2");
    assert_eq!(
        stacks,
        [
            ("(unknown tasks) :0".to_owned(), (1, 1)),
            (accept.to_owned(), (1, 1)),
            (format!("{serve} < {accept}"), (1, 1)),
            (format!("serve src/main.rs:3 < {serve} < {accept}"), (1, 1)),
        ]
    );
}

#[test]
fn spans_are_busy_by_themselves_below_those_around_them() {
    let Some(modules) = backends::node_with("pprof-format") else { return };
    let folder = folder("pprof-spans");
    let mut files = scenario::encoder(&folder.join("trace.spwr"), 1);
    let mut put = |id: u8, parent: u8, name: &'static str, task: u64, busy: u64| {
        let span = Span {
            duration: Nanos(1000),
            trace: TraceId([1; 16]),
            span: SpanId([id; 8]),
            parent: (parent > 0).then_some(SpanId([parent; 8])),
            name: name.into(),
            span_kind: if name == "answer" { SpanKind::Server } else { SpanKind::Internal },
            task: Some(TaskId::new(task)),
            busy: (busy > 0).then_some(Nanos(busy)),
            ..Span::default()
        };
        files.event(0, scenario::START + u64::from(id) * 100, &span).unwrap();
    };
    for request in [0, 100] {
        put(request + 1, request + 3, "parse", 1, 10);
        put(request + 2, request + 3, "elsewhere", 2, 70);
        put(request + 3, request + 4, "handle", 1, 40);
        // The client is another process.
        put(request + 4, 99, "answer", 1, 100);
    }
    // What it was in never ended, and nobody knows when it was polled.
    put(250, 249, "orphan", 3, 0);
    files.finish().unwrap();
    let profile = read(&modules, &folder, &["--by", "span", "trace.0.spwr"]);
    assert_eq!(profile["types"][1], json!(["spans", "count"]));
    let stacks: Vec<_> = samples(&profile).into_iter().collect();
    assert_eq!(
        stacks,
        [
            ("answer :0".to_owned(), (120, 2)),
            ("elsewhere :0 < handle :0 < answer :0".to_owned(), (140, 2)),
            ("handle :0 < answer :0".to_owned(), (60, 2)),
            ("orphan :0".to_owned(), (1000, 1)),
            ("parse :0 < handle :0 < answer :0".to_owned(), (20, 2)),
        ]
    );
}

#[test]
fn speedscope_opens_a_profile() {
    let (Some(modules), Some(chromium)) = (backends::node_with("speedscope"), backends::chromium()) else {
        return;
    };
    let folder = shops("pprof-speedscope");
    said(&folder, &["pprof", "north", "--out", "busy.pb.gz"]);
    let profile = folder.join("busy.pb.gz");
    let opened = backends::run(Path::new("node"), "open_in_speedscope.mjs", &[&modules, &chromium, &profile]);
    assert_eq!(opened["wrong"], json!([]));
    let [profile] = &opened["profiles"].as_array().unwrap()[..] else { panic!("one profile") };
    assert_eq!(profile["unit"], "nanoseconds");
    // The script counts in thousandths.
    let slices = profile["slices"].as_array().unwrap().iter().map(|slice| slice[1].as_u64().unwrap() / 1000);
    assert_eq!(slices.sum::<u64>(), expected(&folder, &["north"]).0);
}
