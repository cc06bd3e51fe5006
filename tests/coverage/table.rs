//! What the documents of the reference systems name: tables in this folder, one row each, in the documents' words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something that a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The document's system.
    pub(crate) seed: String,
    pub(crate) item: String,
    pub(crate) kind: String,
}

impl Row {
    /// What the item calls by name: what stands in backticks first.
    pub(crate) fn name(&self) -> &str {
        self.item.split('`').nth(1).unwrap_or(&self.item)
    }
}

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder of the workspace")
}

/// All rows of all tables.
pub(crate) fn rows() -> Vec<Row> {
    let folder = workspace().join("tests/coverage");
    let files = fs::read_dir(&folder).expect("the tables' folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    files.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a table is text");
    let mut rows = Vec::new();
    for path in &files {
        for [seed, item, kind] in
            text(path).lines().filter_map(cells::<3>).filter(|[seed, ..]| seed != "Seed")
        {
            rows.push(Row { seed, item, kind });
        }
    }
    rows
}

/// The rows of one document that are of this kind; there are some.
#[track_caller]
pub(crate) fn rows_of(seed: &str, kind: &str) -> Vec<Row> {
    let rows: Vec<_> = rows().into_iter().filter(|row| row.seed == seed && row.kind == kind).collect();
    assert!(!rows.is_empty(), "no row of {seed} is a {kind}");
    rows
}

/// The cells of a row of a Markdown table; nothing of its rule and of other lines.
pub(crate) fn cells<const N: usize>(line: &str) -> Option<[String; N]> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    // A `|` within a cell is written `\|`.
    let cells: Vec<String> = row.split(" | ").map(str::to_owned).collect();
    cells.try_into().ok().filter(|cells: &[String; N]| !cells[0].starts_with("---"))
}

/// What stands in backticks.
pub(crate) fn quoted(item: &str) -> Vec<&str> {
    item.split('`').skip(1).step_by(2).collect()
}

/// The packages of the workspace, as `cargo metadata` has them.
pub(crate) fn packages() -> Vec<serde_json::Value> {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--no-deps", "--format-version=1", "--offline"]).current_dir(workspace());
    let output = metadata.output().expect("cargo runs").stdout;
    let metadata: serde_json::Value = serde_json::from_slice(&output).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("there are packages").clone()
}

/// How many targets of this package are of these kinds, and pass `is`.
pub(crate) fn targets(
    package: &serde_json::Value,
    kinds: &[&str],
    is: impl Fn(&serde_json::Value) -> bool,
) -> usize {
    let targets = package["targets"].as_array().into_iter().flatten();
    let of_kind =
        targets.filter(|target| target["kind"][0].as_str().is_some_and(|kind| kinds.contains(&kind)));
    of_kind.filter(|target| is(target)).count()
}

/// Whether `cargo run --example NAME` finds it from the workspace's folder.
pub(crate) fn is_an_example(name: &str) -> bool {
    let found = packages()
        .iter()
        .map(|package| targets(package, &["example"], |target| target["name"] == name))
        .sum::<usize>();
    found == 1
}
