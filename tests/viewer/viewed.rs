//! Runs a script that looks at the viewer in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io::Write};

use serde_json::Value as Json;

use crate::built::workspace;

/// The viewer, as it is in the repository.
pub(crate) fn page() -> PathBuf {
    workspace().join("viewer/index.html")
}

/// `playwright-core`'s folder and a browser, or a line that says why a test is skipped; where backends are required, a failure.
fn installed() -> Option<(PathBuf, PathBuf)> {
    let venv = env::var_os("SPANWRIGHT_VENV").map_or_else(|| workspace().join(".venv"), PathBuf::from);
    let modules = venv.join("node/node_modules");
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path =
        |name: &str| env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if let (true, Some(_), Some(chromium)) =
        (modules.join("playwright-core").is_dir(), on_path("node"), on_path("chromium"))
    {
        return Some((modules, chromium));
    }
    let is_required = env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    let reason = format!(
        "no node, chromium or {}/playwright-core: `.ci/backends.sh` installs them",
        modules.display()
    );
    assert!(!is_required, "a backend is required, and missing: {reason}");
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
    None
}

/// What a script of this folder says, in JSON; nothing where there is no browser.
#[track_caller]
pub(crate) fn run(script: &str, args: &[&str]) -> Option<Json> {
    let (modules, chromium) = installed()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("viewer").join(script);
    let output = Command::new("node")
        .arg(script)
        .args([&modules, &chromium])
        .args(args)
        .output()
        .expect("node was found");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}{}", String::from_utf8_lossy(&output.stdout));
    Some(serde_json::from_slice(&output.stdout).expect("it says JSON"))
}
