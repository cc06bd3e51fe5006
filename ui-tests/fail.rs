//! Mistakes, and what the compiler says about each.

use std::fs;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

/// The release of rustc whose words are in the `.stderr` files. What the macros say themselves is the same with all.
const RELEASE: &str = "rustc 1.95.";

#[test]
fn every_mistake_is_one_error_with_its_remedy() {
    let cases = TestCases::new();
    if release().starts_with(RELEASE) {
        cases.compile_fail("*/fail/*.rs");
        return;
    }
    for path in ["attributes", "instrument", "label", "labels", "metrics", "main", "record", "semconv"]
        .iter()
        .flat_map(|name| own_errors(name))
    {
        cases.compile_fail(path);
    }
}

fn release() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&version.stdout).into_owned()
}

/// The cases of a macro without an error of rustc's, which has a code or comes from a lint.
fn own_errors(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("fail");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .filter(|path| {
            let text = fs::read_to_string(path).expect("the file can be read");
            !text.contains("error[") && !text.contains("note: ")
        })
        .map(|path| path.with_extension("rs").display().to_string())
        .collect()
}
