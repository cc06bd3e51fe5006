//! `spanwright merge`: several processes on one clock.

use serde_json::Value;
use spanwright_recording::event::{Nanos, Poll, Span, SpanId, SpanKind, TaskId, TraceId};

use super::*;

const MILLI: u64 = 1_000_000;

/// A client, and a server whose clock is ahead by this. Requests take 10 ms for the client and 6 ms for the server.
fn client_and_server(folder: &Path, ahead: i64, requests: u8) {
    let mut client = scenario::encoder(&folder.join("client/trace.spwr"), 0xC);
    scenario::begin(&mut client, 1, "north");
    let mut server = scenario::encoder(&folder.join("server/trace.spwr"), 0xD);
    scenario::begin(&mut server, 2, "south");
    for request in 1..=requests {
        let end = scenario::START + u64::from(request) * 20 * MILLI;
        let trace = TraceId([request; 16]);
        let asked = Span {
            duration: Nanos(10 * MILLI),
            trace,
            span: SpanId([request; 8]),
            name: "ask".into(),
            span_kind: SpanKind::Client,
            ..Span::default()
        };
        client.event(0, end, &asked).unwrap();
        let answered = Span {
            duration: Nanos(6 * MILLI),
            trace,
            span: SpanId([request + 100; 8]),
            parent: Some(SpanId([request; 8])),
            name: "answer".into(),
            span_kind: SpanKind::Server,
            ..Span::default()
        };
        let at = (end - 2 * MILLI).checked_add_signed(ahead).unwrap();
        server.event(0, at, &answered).unwrap();
        server.event(1, at + 5, &Poll { duration: Nanos(3), task: TaskId::new(1), worker: None }).unwrap();
        if request % 3 == 0 {
            client.flush().unwrap();
            server.flush().unwrap();
        }
    }
    // A client that did not wait for its answer.
    let end = scenario::START + (u64::from(requests) + 1) * 20 * MILLI;
    let left = Span {
        duration: Nanos(MILLI),
        trace: TraceId([99; 16]),
        span: SpanId([99; 8]),
        name: "leave".into(),
        span_kind: SpanKind::Client,
        ..Span::default()
    };
    client.event(0, end, &left).unwrap();
    let alone = Span {
        duration: Nanos(10_000 * MILLI),
        span: SpanId([98; 8]),
        parent: Some(left.span),
        name: "go on".into(),
        span_kind: SpanKind::Server,
        ..left
    };
    server.event(0, (end + 9_999 * MILLI).checked_add_signed(ahead).unwrap(), &alone).unwrap();
    client.finish().unwrap();
    server.finish().unwrap();
}

fn events(folder: &Path, args: &[&str]) -> Vec<Value> {
    said(folder, &[&["jsonl"], args].concat())
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn recordings_are_one_file_that_all_commands_read_as_they_read_both() {
    let folder = shops("merge");
    let done = said(&folder, &["merge", "north", "south", "--out", "both.spwr"]);
    assert!(done.contains(" of 2 recordings are merged: `both.spwr`, "), "{done}");
    let mut merged = Reader::open(folder.join("both.spwr")).unwrap();
    assert!(merged.is_finished());
    let times: Vec<u64> = merged.index().map(|entry| entry.first).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(merged.events().count() > 250);
    for command in [&["jsonl"][..], &["cat"], &["analyze"]] {
        let both = said(&folder, &[command, &["north", "south"]].concat());
        let merged = said(&folder, &[command, &["both.spwr"]].concat());
        // How many bytes there are is another matter, and so is what comes first of the same time.
        let sorted = |text: &str| {
            let lines = text.lines().filter(|line| !line.contains(" blocks, "));
            let mut lines: Vec<_> = lines.map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert!(sorted(&merged) == sorted(&both), "{command:?}:\n{merged}");
    }
    // It has what is in it once more.
    let again = spanwright(&folder, &["merge", "both.spwr", "south", "north", "--out", "-"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert!(again.stdout == std::fs::read(folder.join("both.spwr")).unwrap());
}

#[test]
fn a_clock_that_requests_contradict_is_put_right() {
    for (ahead, said_of_it) in [
        (250, "250ms ahead, by 9 requests"),
        (-40, "40.0ms behind, by 9 requests"),
        // The answer could have taken this long to come back.
        (1, ""),
    ] {
        let folder = folder(&format!("merge-{ahead}"));
        client_and_server(&folder, ahead * MILLI as i64, 9);
        let done = said(&folder, &["merge", "--align", "client", "server", "--out", "both.spwr"]);
        let clocks = done.lines().filter(|line| line.starts_with("the clock ")).collect::<Vec<_>>();
        let shifted = !said_of_it.is_empty();
        assert_eq!(clocks.len(), usize::from(shifted), "{done}");
        assert!(
            done.contains(said_of_it) && (!shifted || done.contains("recording 000000000000000d is")),
            "{done}"
        );
        let by = if shifted { ahead * MILLI as i64 } else { 0 };
        let before = events(&folder, &["client", "server", "--kind", "span,poll"]);
        let after = events(&folder, &["both.spwr", "--kind", "span,poll"]);
        let sorted = |events: &[Value], by: i64| {
            let one = |event: &Value| {
                let is_server = event["recording"] == "000000000000000d";
                let at = event["at"].as_i64().unwrap() - if is_server { by } else { 0 };
                let mut event = event.clone();
                event["at"] = at.into();
                (at, event.to_string())
            };
            let mut all: Vec<_> = events.iter().map(one).collect();
            all.sort();
            all
        };
        assert!(sorted(&after, 0) == sorted(&before, by), "{after:?}");
        let asked = after.iter().filter(|event| event["name"] == "ask");
        for ask in asked {
            let answer = after.iter().find(|event| event["parent"] == ask["span"]).unwrap();
            let start = |event: &Value| event["at"].as_u64().unwrap() - event["duration"].as_u64().unwrap();
            assert!(start(ask) <= start(answer) && answer["at"].as_u64() <= ask["at"].as_u64());
        }
    }
}

#[test]
fn a_recording_is_shifted_as_it_is_said() {
    let folder = folder("merge-shift");
    client_and_server(&folder, 0, 3);
    let first = |file: &str| events(&folder, &[file, "--kind", "poll"])[0]["at"].as_u64().unwrap();
    said(&folder, &["merge", "server", "--shift", "d=-1.5ms", "--out", "early.spwr"]);
    assert_eq!(first("early.spwr"), first("server") - 1_500_000);
    for (shift, words) in [
        ("d=-60h", None),
        ("d=-500000h", Some("can't be shifted by -1800000000000000000 ns: times begin in 1970")),
        ("e=1ms", Some("there is no recording 000000000000000e to be shifted")),
        ("d=1", Some("`d=1` is no shift; write it as `000000000000000b=-1.5ms`")),
    ] {
        let output = spanwright(&folder, &["merge", "server", "--shift", shift, "--out=-"]);
        assert_eq!(output.status.code(), Some(if words.is_some() { 2 } else { 0 }), "{shift}");
        assert!(stderr(&output).contains(words.unwrap_or("are merged")), "{}", stderr(&output));
    }
    let output = spanwright(&folder, &["merge", "server", "--shift", "d=-500000h", "--out", "half.spwr"]);
    assert!(output.status.code() == Some(2) && !folder.join("half.spwr").exists());
    let output = spanwright(&folder, &["merge", "server", "--out", "early.spwr"]);
    assert!(stderr(&output).contains("`early.spwr` is there already; write to another file"));
}
