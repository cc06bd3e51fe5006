//! The server, and AWS's own client.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Folder;

pub(super) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(super) const SECRET: &str = "the/right+one";
const BUCKET: &str = "recordings";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/object_store/server.py");

/// A Python that has moto; nothing where there is none and none need be.
pub(super) fn python() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let venv = std::env::var_os("SPANWRIGHT_VENV").map_or_else(|| workspace.join(".venv"), PathBuf::from);
    let python = venv.join("bin/python");
    let mut check = Command::new(&python);
    check.args(["-c", "import boto3, moto.server"]).stderr(Stdio::null());
    if check.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    let reason = format!(
        "no moto in {}: `.ci/backends.sh` installs it, and SPANWRIGHT_VENV names another environment",
        venv.display()
    );
    let is_required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    assert!(!is_required, "a backend is required, and missing: {reason}");
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
    None
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Ends with this.
pub(super) struct Server {
    python: PathBuf,
    process: Child,
    name: &'static str,
    pub(super) port: u16,
}

impl Server {
    /// Starts it, unless it is missing and need not be there.
    pub(super) fn start(name: &'static str, port: u16) -> Option<Self> {
        let python = python()?;
        let mut process = Command::new(&python)
            .args([SCRIPT, "serve", &port.to_string(), KEY, SECRET, BUCKET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says something");
        assert_eq!(line, "ready\n", "the server does not start");
        Some(Self { python, process, name, port })
    }

    /// Gets all objects into a folder.
    pub(super) fn fetch(&self) -> Folder {
        let folder = Folder::new(&format!("{}-fetched", self.name));
        let port = self.port.to_string();
        let mut fetch = Command::new(&self.python);
        fetch.args([SCRIPT, "fetch", &port, KEY, SECRET, BUCKET]).arg(&folder.0);
        assert!(fetch.status().expect("Python starts").success());
        folder
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
