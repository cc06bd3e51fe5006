//! The viewer judges recordings by rules of its own, which are the command's; and `spanwright view` gives it a recording.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{backends, every_kind, folder, said, scenario, shops, spanwright, stderr};

/// What the viewer leaves to the command.
const COMMANDS: [&str; 3] = ["task-leak", "missed-wake", "worker-imbalance"];

/// That the viewer finds the same in a file, or in all files of a folder: by these of what is said of a finding.
#[track_caller]
pub(crate) fn agrees(path: &Path, analysis: &Value, by: &[&str]) {
    let Some(node) = backends::node() else { return };
    let theirs = backends::run(&node, "findings_of.mjs", &[path]);
    let findings = analysis["findings"].as_array().unwrap();
    let own = findings.iter().filter(|finding| !COMMANDS.contains(&finding["id"].as_str().unwrap()));
    let of = |finding: &Value| -> Vec<Value> {
        // More than a number of JavaScript holds.
        let exact = |value: &Value| value.as_u64().map_or(value.clone(), |number| json!(number.to_string()));
        by.iter().map(|name| exact(&finding[name])).collect()
    };
    let ours: Vec<_> = own.map(of).collect();
    let theirs: Vec<_> = theirs.as_array().unwrap().iter().map(of).collect();
    assert_eq!(theirs, ours, "the viewer's findings, and the command's");
}

/// All that is said of a finding.
pub(crate) const ALL: [&str; 6] = ["id", "severity", "at", "place", "subject", "said"];

#[test]
fn the_viewer_finds_what_the_command_finds() {
    let folder = shops("viewer-finds");
    for path in [every_kind("zstd"), folder.join("north"), folder.join("south")] {
        let text = said(&folder, &["analyze", "--json", &path.display().to_string()]);
        agrees(&path, &serde_json::from_str(&text).unwrap(), &ALL);
    }
}

#[test]
fn a_damaged_recording_is_read_as_far_as_it_is_whole_and_what_is_lost_is_told() {
    let Some(node) = backends::node() else { return };
    // Of 7,155 bytes: many places in each block's header, payload, and in the index.
    let seen = backends::run(&node, "damage_viewer.mjs", &[&every_kind("zstd"), Path::new("53")]);
    assert_eq!(
        (&seen["whole"], &seen["problems"], &seen["silent"]),
        (&180.into(), &0.into(), &0.into()),
        "{seen}"
    );
    let [least, most] = [&seen["flipped"][0], &seen["flipped"][1]].map(|events| events.as_u64().unwrap());
    assert!(least >= 140 && most == 180, "a flip costs a block at most: {seen}");
    let cut: Vec<u64> =
        seen["cut"].as_array().unwrap().iter().map(|events| events.as_u64().unwrap()).collect();
    assert!(cut.is_sorted() && cut.iter().any(|events| (1..180).contains(events)), "{cut:?}");
}

#[test]
fn extreme_values_do_not_stop_it() {
    let Some(node) = backends::node() else { return };
    let folder = folder("viewer-extreme");
    scenario::extreme(&folder.join("x/trace.spwr"));
    let found = backends::run(&node, "findings_of.mjs", &[&folder.join("x")]);
    assert_eq!(found[0]["id"], "blocking-pool-queue", "{found}");
}

#[test]
fn the_viewer_is_saved_alone_and_with_a_recording() {
    let folder = shops("viewer-saved");
    assert_eq!(said(&folder, &["view", "--save", "trace_viewer.html"]), "");
    let alone = std::fs::read_to_string(folder.join("trace_viewer.html")).unwrap();
    assert!(alone == spanwright_viewer::VIEWER);
    let north = folder.join("north").display().to_string();
    assert_eq!(said(&folder, &["view", &north, "--save", "north.html"]), "");
    let page = std::fs::read_to_string(folder.join("north.html")).unwrap();
    assert!(page.contains(r#"id="recordings">[{"bytes":"9VNQV"#), "bytes begin with the marker");
    assert!(page.contains(r#""id": "task-panic""#), "what was found is in it");
    let output = spanwright(&folder, &["view"]);
    assert_eq!(output.status.code(), Some(2), "a recording is asked for");
    let output = spanwright(&folder, &["view", "north", "--save", "north/trace.0.spwr"]);
    assert!(stderr(&output).contains("is what is to be read"), "{}", stderr(&output));
}

/// `spanwright view`, which ends with this.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn new(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spanwright"));
        let mut process =
            command.current_dir(folder).arg("view").args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim().to_owned() }
    }

    /// The status of an answer to what is asked of a host, and all of it.
    fn ask(&self, method: &str, path: &str, host: &str) -> (String, Vec<u8>) {
        let authority = self.address.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        let host = if host.is_empty() { authority } else { host };
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let status = String::from_utf8_lossy(&answer[9..12]).into_owned();
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        (status, answer.split_off(body))
    }

    fn path(&self, inside: &str) -> String {
        let (_, path) = self.address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        format!("/{path}{inside}")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_page_the_recording_and_its_findings_are_served_and_nothing_else() {
    let folder = folder("viewer-served");
    let path = every_kind("zstd");
    let served = Served::new(&folder, &[&path.display().to_string(), "--long", "1us"]);
    assert!(served.address.starts_with("http://127.0.0.1:"), "{}", served.address);
    let get = |inside: &str| served.ask("GET", &served.path(inside), "");
    assert_eq!(get(""), ("200".to_owned(), spanwright_viewer::VIEWER.as_bytes().to_vec()));
    let list: Value = serde_json::from_slice(&get("recordings.json").1).unwrap();
    assert_eq!(list, json!([{ "name": "every-kind.zstd.spwr", "path": "recording/0" }]));
    assert!(get("recording/0").1 == std::fs::read(&path).unwrap());
    let found: Value = serde_json::from_slice(&get("findings.json").1).unwrap();
    assert_eq!(found["findings"][0]["id"], "blocking-in-async", "by the bounds that were asked for");
    for inside in ["recording/1", "recording/../0", "../", "index.html", "recording/"] {
        assert_eq!(get(inside).0, "404", "{inside}");
    }
    let inside = served.path("recording/0");
    assert_eq!(served.ask("GET", &inside, "rebound.example").0, "403", "whoever makes a name mean 127.0.0.1");
    assert_eq!(served.ask("POST", &inside, "").0, "405");
    for outside in ["/", "/recording/0", "/0123456789abcdef0123456789abcdef/recording/0"] {
        assert_eq!(served.ask("GET", outside, "").0, "404", "{outside}");
    }
}

#[test]
fn what_is_no_recording_is_not_served() {
    let folder = folder("viewer-mistakes");
    std::fs::write(folder.join("notes"), "notes").unwrap();
    let output = spanwright(&folder, &["view", "notes"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no block can be read of `notes`"), "{}", stderr(&output));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = spanwright(&folder, &["view", &every_kind("none").display().to_string(), "--port", &port]);
    assert!(stderr(&output).contains(&format!("127.0.0.1:{port} can't be served on")), "{}", stderr(&output));
}
