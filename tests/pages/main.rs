//! The live console in a real browser: its page alone against a service that is made up, and that of the running shop.

#[path = "../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
#[path = "../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
#[path = "../shop.rs"]
#[allow(dead_code, unused_imports, reason = "other targets need more of it")]
mod shop;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use backends::{on_path, or_skip, venv};
use shop::Shop;

/// What pages are looked at with: the folder of playwright-core, and Chromium.
fn browser() -> Result<(PathBuf, PathBuf), String> {
    on_path("node")?;
    let modules = venv().join("node/node_modules");
    if !modules.join("playwright-core").is_dir() {
        return Err(format!("no playwright-core in {}: `.ci/backends.sh` installs it", modules.display()));
    }
    let modules = modules.canonicalize().map_err(|error| error.to_string())?;
    Ok((modules, on_path("chromium")?))
}

/// Runs a script to its end, one at a time: a browser takes all that a small machine has.
#[track_caller]
fn run(script: &str, arguments: &[&str]) {
    static TURN: Mutex<()> = Mutex::new(());
    let Some((modules, chromium)) = or_skip(browser()) else { return };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let script = built::workspace().join("tests/pages").join(script);
    let output = Command::new("node").arg(script).args([modules, chromium]).args(arguments).output();
    let output = output.expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // A script that tests nothing ends well too.
    assert!(said.contains("\n# fail 0\n") && !said.contains("\n# pass 0\n"), "{said}");
}

#[test]
fn parts_of_the_page_do_what_they_are_for() {
    run("parts.mjs", &[]);
}

#[test]
fn the_page_shows_what_a_service_tells() {
    run("story.mjs", &[]);
}

#[test]
fn everybody_can_use_the_page() {
    run("readable.mjs", &[]);
}

#[test]
fn the_console_of_a_shop_says_what_its_metrics_say() {
    let shop = Shop::start().serve();
    run("shop.mjs", &[&shop.admin, &shop.url]);
}
