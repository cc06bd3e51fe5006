//! Who looks: a client of server-sent events.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long something may take, on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(60);

/// An answer that has an end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(its, _)| its == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn ask(address: &str, path: &str, headers: &[(&str, &str)]) -> ureq::http::Response<ureq::Body> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.call().expect("it answers")
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Answer {
    let headers = answer.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
    let headers = headers.collect();
    let body = answer.body_mut().read_to_string().expect("it is text");
    Answer { status: answer.status().as_u16(), headers, body }
}

/// The answer to a GET.
pub(crate) fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    read(ask(address, path, headers))
}

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream that is open until it is dropped.
#[derive(Debug)]
pub(crate) struct Client {
    events: Receiver<Event>,
    address: String,
    /// Dropped, the stream is closed: its reader looks at each line.
    _open: std::sync::Arc<()>,
}

impl Client {
    /// Opens one, or says why not.
    pub(crate) fn connect(address: &str, headers: &[(&str, &str)]) -> Result<Self, Answer> {
        let answer = ask(address, "/console/stream", headers);
        if answer.status() != 200 {
            return Err(read(answer));
        }
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let (sender, events) = mpsc::channel();
        let open = std::sync::Arc::new(());
        let weak = std::sync::Arc::downgrade(&open);
        let body = BufReader::new(answer.into_body().into_reader());
        thread::spawn(move || {
            let (mut id, mut name) = (0, String::new());
            for line in lines(body) {
                if weak.strong_count() == 0 {
                    return;
                }
                match line.split_once(": ") {
                    Some(("id", text)) => id = text.parse().expect("a number"),
                    Some(("event", text)) => name = text.to_owned(),
                    Some(("data", json)) => {
                        let data = serde_json::from_str(json).expect("it is JSON");
                        if sender.send(Event { id, name: std::mem::take(&mut name), data }).is_err() {
                            return;
                        }
                    }
                    _ => {}
                }
            }
        });
        Ok(Self { events, address: address.to_owned(), _open: open })
    }

    /// The next event.
    #[track_caller]
    pub(crate) fn next(&self) -> Event {
        self.events.recv_timeout(DEADLINE).expect("there is one more")
    }

    /// What is found in an event of that name.
    #[track_caller]
    pub(crate) fn find<T>(&self, name: &str, mut look: impl FnMut(&Value) -> Option<T>) -> T {
        let until = Instant::now() + DEADLINE;
        let mut last = Value::Null;
        while Instant::now() < until {
            let event = self.next();
            if event.name == name {
                if let Some(found) = look(&event.data) {
                    return found;
                }
                last = event.data;
            }
        }
        panic!("not in time, in `{name}`: {last}")
    }

    /// The summary of a trace with that root.
    #[track_caller]
    pub(crate) fn trace(&self, root: &str) -> Value {
        self.find("traces", |traces| {
            let mut recent = traces["recent"].as_array()?.iter();
            recent.find(|trace| trace["root"] == root).cloned()
        })
    }

    /// Whether the server ends the stream.
    pub(crate) fn ends(&self) -> bool {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            match self.events.recv_timeout(DEADLINE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
        false
    }

    /// A whole trace.
    pub(crate) fn whole(&self, trace: &Value) -> Value {
        let id = trace["trace_id"].as_str().expect("an id");
        get(&self.address, &format!("/console/trace/{id}"), &[]).json()
    }
}

/// Lines until the stream ends, be it by an error.
fn lines(body: BufReader<impl Read>) -> impl Iterator<Item = String> {
    body.lines().map_while(Result::ok)
}
