//! What the macros accept, and what they say about what they don't: programs that compile, in `<macro>/pass`, and
//! programs that don't, in `<macro>/fail`, each beside what the compiler says. A file's name is the mistake.
//!
//! `TRYBUILD=overwrite cargo test -p spanwright-ui-tests --test fail` writes down what the compiler says now. Read it:
//! one mistake is one error, on its own token, with the remedy.
//!
//! Features are the same in all of a workspace and an edition in all of a package, so what depends on those is in
//! `tests/fixtures`: packages of their own, which [`Fixture`] builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A package outside the workspace, built with the workspace's versions of everything.
#[derive(Debug)]
pub struct Fixture {
    manifest: PathBuf,
    target: PathBuf,
}

impl Fixture {
    /// The package or workspace in `tests/fixtures/<name>`. `scratch` is the calling test's `CARGO_TARGET_TMPDIR`: beside it
    /// is the one target directory of all fixtures.
    ///
    /// # Panics
    /// Where the workspace's lock file can't be copied.
    #[must_use]
    pub fn new(name: &str, scratch: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = root.join("tests/fixtures").join(name);
        // Nothing is downloaded that the workspace has not.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
            .unwrap_or_else(|error| panic!("the lock file can't be copied to {}: {error}", folder.display()));
        Self { manifest: folder.join("Cargo.toml"), target: Path::new(scratch).with_file_name("fixtures") }
    }

    /// Where its builds go.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Runs Cargo's `command` in it.
    ///
    /// # Panics
    /// Where Cargo can't be started.
    #[must_use]
    pub fn cargo(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO"))
            .arg(command)
            .arg("--manifest-path")
            .arg(&self.manifest)
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            .output()
            .unwrap_or_else(|error| panic!("Cargo can't be started: {error}"))
    }
}
