//! Tells the metric `build_info` what it can't know otherwise.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo sets all of these. Without one of them its label is empty, which is no reason not to build.
    let compiler = var("RUSTC").ok().and_then(|rustc| Command::new(rustc).arg("--version").output().ok());
    let said =
        compiler.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // Input: `rustc 1.85.0 (4d91de4e4 2025-02-17)`. Output: `1.85.0`.
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    println!("cargo::rustc-env=SPANWRIGHT_RUST_VERSION={version}");
    println!("cargo::rustc-env=SPANWRIGHT_TARGET={}", var("TARGET").unwrap_or_default());
    println!("cargo::rustc-env=SPANWRIGHT_PROFILE={}", var("PROFILE").unwrap_or_default());
}
