//! Recordings in an S3-compatible store: moto, to which the recorder's own writer has uploaded them.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::Duration;

use spanwright_recording::event::{Nanos, Poll, TaskId};
use spanwright_recording::{Codec, Destination, Encoder, ObjectStoreWriter, Options, RotatingWriter};

use super::*;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "the/right+one";
/// It is told its keys, and checks them.
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../recording/tests/object_store/server.py");

/// Ends with this.
struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    fn start() -> Option<Self> {
        let python = backends::python_with("boto3, moto.server")?;
        let port = backends::free_port().to_string();
        let mut process = Command::new(python)
            .args([SERVER, "serve", &port, KEY, SECRET, "recordings"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the server does not start");
        Some(Self { process, endpoint: format!("http://127.0.0.1:{port}") })
    }

    fn settings(&self, secret: &str) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
        ]
    }

    /// Runs a command that knows where the store is.
    fn spanwright(&self, folder: &Path, secret: &str, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spanwright"));
        command.current_dir(folder).args(args).envs(self.settings(secret));
        command.env("TMPDIR", folder.join("temporary")).output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Files of several sizes, one of them larger than what is fetched at once, here and in the store.
fn upload(server: &Server, folder: &Path) {
    let files = RotatingWriter::new(folder.join("here/trace.spwr"), 9 << 20, 1 << 30).unwrap();
    let settings = server.settings(SECRET).map(|(key, value)| (key.to_lowercase(), value));
    let to = Destination::from_url("s3://recordings/production", settings).unwrap();
    let writer = ObjectStoreWriter::new(files, to.service("shop").host("north")).unwrap();
    let options = Options { codec: Codec::None, level: 0, block_bytes: 1 << 18, recording: 5 };
    let mut encoder = Encoder::new(writer.drain(Duration::from_secs(60)), options);
    for index in 0..3_000_000 {
        let poll =
            Poll { duration: Nanos(index * 7919 % 1_000_003), task: TaskId::new(index % 1009), worker: None };
        encoder.event(0, scenario::START + index * 2_000_000, &poll).unwrap();
    }
    encoder.finish().unwrap();
}

#[test]
fn commands_read_what_a_store_holds_as_they_read_files() {
    let Some(server) = Server::start() else { return };
    let folder = folder("store");
    std::fs::create_dir(folder.join("temporary")).unwrap();
    upload(&server, &folder);
    let here = said(&folder, &["stats", "--json", "here"]);
    for address in ["s3://recordings/production", "s3://recordings/production/shop/", "s3://recordings"] {
        let there = server.spanwright(&folder, SECRET, &["stats", "--json", address]);
        assert_eq!((there.status.code(), stderr(&there).as_str()), (Some(0), ""), "{address}");
        assert!(stdout(&there) == here, "{address}: {}", stdout(&there));
    }
    assert!(here.contains("\"events\": 3000000"), "{here}");
    let files = std::fs::read_dir(folder.join("here"))
        .unwrap()
        .filter(|file| file.as_ref().is_ok_and(|file| file.metadata().unwrap().len() > 8 << 20));
    assert!(files.count() >= 1, "one is fetched in parts");

    // One object; the same events by all commands.
    let one = "s3://recordings/production/shop/north/20231114T221320.000000000Z-0.spwr";
    let within = ["--to", "0.01s"];
    let there = server.spanwright(&folder, SECRET, &[&["jsonl", one], &within[..]].concat());
    assert_eq!(
        stdout(&there),
        said(&folder, &[&["jsonl", "here"], &within[..]].concat()),
        "{}",
        stderr(&there)
    );
    let both = server.spanwright(&folder, SECRET, &["merge", one, "here/trace.0.spwr", "--out", "both.spwr"]);
    assert_eq!(both.status.code(), Some(0), "{}", stderr(&both));
    // Nothing is left.
    assert_eq!(std::fs::read_dir(folder.join("temporary")).unwrap().count(), 0);
}

#[test]
fn a_command_that_is_ended_leaves_nothing() {
    let Some(server) = Server::start() else { return };
    let folder = folder("store-ended");
    let temporary = folder.join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    upload(&server, &folder);
    for signal in ["-INT", "-TERM"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spanwright"));
        command.current_dir(&folder).args(["view", "s3://recordings"]).envs(server.settings(SECRET));
        let mut viewing = command.env("TMPDIR", &temporary).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(viewing.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1, "it is read from there");
        assert!(Command::new("kill").arg(signal).arg(viewing.id().to_string()).status().unwrap().success());
        assert_eq!(viewing.wait().unwrap().code(), None, "{signal} has ended it");
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "{signal}");
    }
}

#[test]
fn what_a_store_does_not_give_is_said_without_keys() {
    let Some(server) = Server::start() else { return };
    let folder = folder("store-refused");
    std::fs::create_dir(folder.join("temporary")).unwrap();
    for (secret, address, words) in [
        (SECRET, "s3://recordings/nothing", "there is no file at `s3://recordings/nothing`"),
        ("wrong-and-secret", "s3://recordings/a", "the store refuses the key"),
        (SECRET, "s3://nobody/a", "`s3://nobody/a` can't be read: the bucket is not there"),
        (SECRET, "ftp://host/a", "ftp://host/a"),
    ] {
        let output = server.spanwright(&folder, secret, &["analyze", address]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{address}: {said}");
        assert!(said.starts_with("error: ") && said.contains(words), "{said}");
        assert!(!said.contains("secret") && !said.contains(KEY), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.join("temporary")).unwrap().count(), 0);
}
