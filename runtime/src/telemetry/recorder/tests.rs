//! Uploads as configuration has them, in programs of their own: this test program, run anew.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use crate::Telemetry;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("spanwright-store-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn recordings(&self) -> usize {
        let files = std::fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "spwr")).count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "a program for other tests"]
fn a_program() {
    let telemetry = Telemetry::builder().with_subscriber(false).metrics_enabled(false).install().unwrap();
    crate::recorder::RecorderHandle::current().unwrap().trigger("on purpose");
    drop(telemetry);
}

fn run(folder: &Folder, variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["telemetry::recorder::tests::a_program", "--exact", "--ignored", "--nocapture"]);
    program.env("SPANWRIGHT_RECORDER_PATH", folder.0.join("trace.spwr"));
    program.env("SPANWRIGHT_RECORDER_MEMORY_FOLDER", &folder.0);
    program.env("SPANWRIGHT_EXPLAIN_CONFIG", "true").env("SPANWRIGHT_SERVICE_NAME", "shop");
    let output = program.envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

/// Takes whatever is sent to it as S3 does, and keeps the requests' heads.
fn store() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, heads) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<String>>>::default());
    let kept = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            loop {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
                let lower = head.to_ascii_lowercase();
                let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                let Some(length) = length.and_then(|length| length.parse().ok()) else { break };
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    break;
                }
                kept.lock().unwrap().push(head);
                let answer = b"HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: 0\r\n\r\n";
                if reader.get_mut().write_all(answer).is_err() {
                    break;
                }
            }
        }
    });
    (port, heads)
}

#[test]
fn files_are_uploaded_to_the_store_that_is_configured_and_its_keys_are_nowhere_shown() {
    let folder = Folder::new("s3");
    let (port, heads) = store();
    let endpoint = format!("http://127.0.0.1:{port}");
    let output = run(
        &folder,
        &[
            ("SPANWRIGHT_RECORDER_STORE", "s3://recordings/all"),
            ("SPANWRIGHT_RECORDER_STORE_ENDPOINT", &endpoint),
            ("SPANWRIGHT_RECORDER_STORE_REGION", "north-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2hunter2"),
        ],
    );
    let heads = heads.lock().unwrap();
    let uploads: Vec<_> = heads.iter().filter(|head| head.starts_with("PUT ")).collect();
    assert_eq!(uploads.len(), 1, "{heads:?}");
    assert!(uploads[0].starts_with("PUT /recordings/all/shop/"), "{uploads:?}");
    assert!(uploads[0].contains("Credential=AKIDTEST/"), "{uploads:?}");
    assert!(uploads[0].contains("/north-1/s3/aws4_request"), "{uploads:?}");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(said.contains("recorder.store.address = s3://recordings/all"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("AKIDTEST"), "{said}");
    assert_eq!(folder.recordings(), 1, "the local file stays");
}

#[test]
fn a_folder_is_a_store_too() {
    let (folder, store) = (Folder::new("local"), Folder::new("local-store"));
    run(&folder, &[("SPANWRIGHT_RECORDER_STORE", &format!("file://{}", store.0.display()))]);
    assert_eq!(files_below(&store.0), 1);
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

#[test]
fn a_store_that_can_not_be_is_a_problem_that_says_what_to_do_and_recordings_stay() {
    let folder = Folder::new("wrong");
    let output = run(&folder, &[("SPANWRIGHT_RECORDER_STORE", "az://container/all")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("recordings are not uploaded to `az://container/all`: "), "{said}");
    assert!(said.contains("they stay in their files. Set `SPANWRIGHT_RECORDER_STORE` to"), "{said}");
    assert_eq!(folder.recordings(), 1);
}
