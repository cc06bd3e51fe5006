//! The example `persist` with a real S3: moto, which checks keys as S3 does, and gives back what it was given to AWS's own client.

#[path = "../../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
#[path = "../../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
#[path = "../../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
#[path = "../program.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod program;
#[path = "../../system.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod system;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use backends::{or_skip, python_with, workspace};
use built::example;
use collector::Collector;
use process::{Process, TempDir, free_port, until};
use program::persist_at;
use system::Ended;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "the/right+one";
const BUCKET: &str = "my-bucket";

/// An S3-compatible server with a bucket. It ends with this.
struct Server {
    python: PathBuf,
    port: u16,
    _process: Process,
}

impl Server {
    fn start() -> Result<Self, String> {
        let (python, port) = (python_with("moto.server")?, free_port());
        let mut serve = Command::new(&python);
        serve.arg(script()).args(["serve", &port.to_string(), KEY, SECRET, BUCKET]);
        let process = Process::start_listening(&mut serve);
        until("the server", || process.stdout().contains("ready").then_some(()));
        Ok(Self { python, port, _process: process })
    }

    /// All objects, in a folder.
    fn fetch(&self) -> TempDir {
        let folder = TempDir::new();
        let mut fetch = Command::new(&self.python);
        fetch.arg(script()).args(["fetch", &self.port.to_string(), KEY, SECRET, BUCKET]).arg(folder.path());
        assert!(fetch.status().expect("Python starts").success());
        folder
    }

    /// The program, with this secret, on this bucket.
    fn persist(&self, bucket: &str, secret: &str) -> Command {
        let mut command =
            persist_at(program_with_s3(), &["--once", "--s3", "--bucket", bucket, "--agents", "2"]);
        command
            .env("AWS_ENDPOINT", format!("http://127.0.0.1:{}", self.port))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("RUST_LOG", "trace");
        command
    }
}

fn script() -> PathBuf {
    workspace().join("recording/tests/object_store/server.py")
}

/// The program, built with the feature `s3`: what other tests have left there may be without.
fn program_with_s3() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = example("persist");
        let mut try_it = persist_at(&program, &["--once", "--s3", "--agents", "0"]);
        if !Ended::of(&mut try_it).succeeded {
            let target = program.ancestors().nth(3).expect("it is in <target>/<profile>/examples");
            let mut build = Command::new(env!("CARGO"));
            build.args([
                "build",
                "--package",
                "spanwright-examples",
                "--features",
                "s3",
                "--example",
                "persist",
            ]);
            build.arg("--target-dir").arg(target).current_dir(workspace());
            assert!(build.status().expect("cargo runs").success(), "it does not build");
        }
        program
    })
}

/// What a run has written, without the key that it was given.
fn ended(command: &mut Command) -> Ended {
    let ended = Ended::of(command);
    for secret in [SECRET, "the/wrong+one"] {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{}", ended.stdout);
    }
    ended
}

#[test]
fn snapshots_are_in_the_bucket_and_their_requests_are_observed() {
    let Some(server) = or_skip(Server::start()) else { return };
    let (folder, collector) = (TempDir::new(), Collector::start());
    let mut command = server.persist(BUCKET, SECRET);
    command.arg("--gather").arg("--directory").arg(folder.path());
    let ended = ended(command.env("PERSIST_JAEGER_ENDPOINT", &collector.endpoint));
    assert!(ended.succeeded, "{}{}", ended.stdout, ended.stderr);
    let fetched = server.fetch();
    for agent in 1..=2 {
        let name = format!("agent-{agent}/snapshot_001.json.gz");
        let [there, here] = [&fetched, &folder].map(|folder| fs::read(folder.path().join(&name)).unwrap());
        assert_eq!(there, here, "as on the disk");
    }
    for line in [
        "persist_s3_requests_total{operation=\"put_object\"} 2",
        "persist_s3_requests_total{operation=\"get_object\"} 6",
        "persist_s3_errors_total{operation=\"get_object\"} 0",
    ] {
        assert!(ended.stdout.lines().any(|other| other == line), "{line} in {}", ended.stdout);
    }
    let spans = collector.spans();
    let put = spans.iter().find(|span| span.name == "put_object_request").expect("it is there");
    assert_eq!(put.text("bucket"), Some(BUCKET));
    let upload = spans.iter().find(|span| span.span_id == put.parent).expect("it is there");
    assert_eq!(upload.name, "s3_upload");
}

#[test]
fn s3_says_itself_what_is_wrong() {
    let Some(server) = or_skip(Server::start()) else { return };
    let missing = ended(&mut server.persist("another-bucket", SECRET));
    assert!(!missing.succeeded);
    let lines = missing.lines();
    let error = lines.iter().find(|line| line.text("message") == "S3 upload failed").expect("it is told");
    assert_eq!(error.field("error"), "NoSuchBucket: The specified bucket does not exist");
    assert_eq!((error.field("bucket").as_str(), error.text("level")), (Some("another-bucket"), "ERROR"));

    let refused = ended(&mut server.persist(BUCKET, "the/wrong+one"));
    assert!(!refused.succeeded);
    let lines = refused.lines();
    let error = lines.iter().find(|line| line.text("message") == "S3 upload failed").expect("it is told");
    assert!(error.field("error").as_str().is_some_and(|said| said.starts_with("SignatureDoesNotMatch: ")));
}

#[test]
fn a_store_that_is_not_there_is_asked_again_and_then_given_up() {
    let Some(mut server) = or_skip(Server::start()) else { return };
    server.port = free_port();
    let ended = ended(&mut server.persist(BUCKET, SECRET));
    assert!(!ended.succeeded);
    let lines = ended.lines();
    let attempts: Vec<_> = lines.iter().filter_map(|line| line.field("retry_attempt").as_u64()).collect();
    assert_eq!(attempts, [1, 2, 3, 1, 2, 3]);
    let error = lines.iter().find(|line| line.text("message") == "S3 upload failed").expect("it is told");
    assert_eq!(error.field("error"), "NoAnswer: The store can't be reached");
}
