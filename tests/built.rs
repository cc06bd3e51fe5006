//! Programs of the workspace: built by `cargo test --workspace`, or here where they are missing or older than their sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{env, fs, io};

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder of the workspace")
}

/// A command with nothing of this environment that is about telemetry.
pub(crate) fn without_telemetry(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OTEL_") || text.starts_with("SPANWRIGHT_") || text.starts_with("RUST_LOG") {
            command.env_remove(&name);
        }
    }
    command
}

/// The program of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    built(&profile().join("examples").join(name), &["--package", "spanwright-examples", "--example", name])
}

/// The command `spanwright`.
pub(crate) fn spanwright() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        built(&profile().join("spanwright"), &["--package", "spanwright-cli", "--bin", "spanwright"])
    })
}

/// Where cargo puts what it builds together with the tests.
fn profile() -> PathBuf {
    let test = env::current_exe().expect("a test knows its path");
    test.ancestors().nth(2).expect("the test is in <target>/<profile>/deps").to_owned()
}

fn built(program: &Path, what: &[&str]) -> PathBuf {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_fresh(program).unwrap_or(false) {
        let mut build = Command::new(env!("CARGO"));
        build.arg("build").args(what).current_dir(workspace());
        build.arg("--target-dir").arg(profile().parent().expect("the profile is in <target>"));
        assert!(build.status().expect("cargo runs").success(), "`{}` does not build", program.display());
    }
    program.to_owned()
}

/// Whether the program is newer than all that it was made of, which cargo lists beside it.
fn is_fresh(program: &Path) -> io::Result<bool> {
    let built = fs::metadata(program)?.modified()?;
    let sources = fs::read_to_string(program.with_extension("d"))?;
    for source in sources.split_whitespace().skip(1) {
        if fs::metadata(source)?.modified()? > built {
            return Ok(false);
        }
    }
    Ok(true)
}
