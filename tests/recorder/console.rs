//! A recorder beside somebody who looks at the console.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use spanwright::recorder::{Recorder, RecorderHandle};
use spanwright_recording::Reader;
use spanwright_recording::event::Event;

use crate::admin::Admin;
use crate::recorded::{Kept, alone, until};
use crate::triggers::flight;

#[spanwright::instrument]
fn recorded_call() {}

/// The head and the body of an answer.
fn get(admin: &Admin, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(admin.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap(), body)
}

/// How many calls a recording has.
fn calls(bytes: &[u8]) -> usize {
    let mut reader = Reader::from_bytes(bytes.to_vec());
    assert!(reader.is_finished());
    let calls = reader.events().filter(|record| matches!(&record.event, Event::Span(_))).count();
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
    calls
}

#[test]
fn what_a_flight_recorder_keeps_is_copied_and_stays() {
    let _alone = alone();
    let kept = Kept::default();
    let admin = Admin::of(flight(Recorder::new(kept.clone())));
    for round in 1..=3 {
        (0..100).for_each(|_| recorded_call());
        let (head, body) = get(&admin, "/console/recording");
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("recording.spwr"), "{head}");
        assert_eq!(calls(&body), round * 100, "what was copied before is there still");
    }
    let (_, last) = get(&admin, "/console/recording?seconds=3600");
    assert_eq!(calls(&last), 300);
    assert!(kept.is_empty(), "and nothing was written");
    assert_eq!(RecorderHandle::current().unwrap().status().dumps, 0);
    drop(admin);
}

#[test]
fn what_is_in_files_is_not_copied() {
    let _alone = alone();
    let admin = Admin::of(Recorder::new(Kept::default()));
    let (head, body) = get(&admin, "/console/recording");
    let said = String::from_utf8(body).unwrap();
    assert!(head.starts_with("HTTP/1.1 409") && said.contains("`recorder.path`"), "{head} {said}");
    drop(admin);
}

#[test]
fn a_recorder_has_all_calls_of_before_while_and_after_somebody_looks() {
    let _alone = alone();
    let kept = Kept::default();
    let admin = Admin::of(Recorder::new(kept.clone()));
    let call = || (0..100).for_each(|_| recorded_call());
    call();
    {
        let mut stream = TcpStream::connect(admin.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET /console/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "event: traces"));
        call();
        assert!(lines.any(|line| line.contains("\"root\":\"recorded_call\"")), "it is shown too");
    }
    // It is off some seconds later, and the recorder reads the ring itself again.
    until("it to be off", || !Admin::is_looked_at());
    call();
    assert!(RecorderHandle::current().unwrap().flush(Duration::from_secs(20)));
    let ends = kept.events().into_iter().filter(|record| matches!(&record.event, Event::Span(_)));
    assert_eq!(ends.count(), 300);
    drop(admin);
}
