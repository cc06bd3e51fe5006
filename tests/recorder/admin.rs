//! A recorder beside an admin server, which is asked.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use spanwright::Telemetry;
use spanwright::recorder::{Recorder, RecorderHandle};
use spanwright::telemetry::Guard;
use spanwright_recording::event::Event;

use crate::recorded::{Kept, alone, until};
use crate::triggers::{flight, triggers};
use crate::waits::{outermost, stack_of_outermost};

/// Telemetry with an admin server, where the program can be changed.
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    _telemetry: Guard,
}

impl Admin {
    pub(crate) fn of(recorder: Recorder) -> Self {
        let builder = Telemetry::builder().with_subscriber(false).metrics_addr((Ipv4Addr::LOCALHOST, 0));
        let telemetry = builder.admin_changes(true).recorder(recorder).install().unwrap();
        assert!(telemetry.problems().is_empty(), "{:?}", telemetry.problems());
        Self { address: telemetry.metrics_addr().unwrap(), _telemetry: telemetry }
    }

    /// The status and the body of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close");
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.trim_end().to_owned())
    }

    /// Whether the console runs.
    pub(crate) fn is_looked_at() -> bool {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.into_iter().any(|name| name.trim() == "sw-console")
    }

    /// What `/health` says of the recorder.
    pub(crate) fn health(&self) -> String {
        let (_, body) = self.ask("GET", "/health", "");
        let (_, rest) = body.split_once("\"recorder\":\"").unwrap_or_else(|| panic!("{body}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

#[test]
fn a_dump_that_is_asked_for_says_where_tasks_wait_without_any_configuration() {
    let _alone = alone();
    let kept = Kept::default();
    let admin = Admin::of(Recorder::new(kept.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (_answer, question) = tokio::sync::oneshot::channel();
    let _task = runtime.spawn(outermost(question));
    until("the dump", || {
        assert_eq!(admin.ask("PUT", "/recorder", "dump").0, 200);
        RecorderHandle::current().unwrap().flush(Duration::from_secs(5));
        kept.events().iter().any(|record| match &record.event {
            Event::TaskDump(dump) => dump.frames.iter().map(|frame| &**frame).eq(stack_of_outermost()),
            _ => false,
        })
    });
    drop(admin);
}

#[test]
fn the_admin_server_has_a_recording_written_and_recording_switched() {
    let _alone = alone();
    let kept = Kept::default();
    let admin = Admin::of(flight(Recorder::new(kept.clone())));
    let (status, before) = admin.ask("GET", "/recorder", "");
    assert!(status == 200 && before.contains("\"running\":true,"), "{before}");
    assert!(before.contains("\"dumps\":0,") && before.contains("\"mortal\":null"), "{before}");
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        let (status, _) = admin.ask(method, "/recorder?dump", "dump");
        assert_eq!(status, if matches!(method, "GET" | "HEAD") { 200 } else { 405 }, "{method}");
    }
    assert_eq!(RecorderHandle::current().unwrap().status().dumps, 0, "who looks changes nothing");
    let (status, answer) = admin.ask("PUT", "/recorder", "everything");
    assert!(status == 400 && answer.contains("write `on`, `off` or `dump`"), "{answer}");
    assert_eq!(admin.ask("PUT", "/recorder", "dump").0, 200);
    until("the recording", || admin.ask("GET", "/recorder", "").1.contains("\"dumps\":1,"));
    assert_eq!(triggers(&kept.events()), ["request"]);
    assert!(admin.ask("PUT", "/recorder", "off").1.contains("\"enabled\":false"));
    assert!(!RecorderHandle::current().unwrap().is_enabled());
    assert!(admin.ask("PUT", "/recorder", "on").1.contains("\"enabled\":true"));
    drop(admin);
    assert!(RecorderHandle::current().is_none());
}
