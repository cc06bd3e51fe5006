use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use spanwright_catalog::{Attribute, Label, Redaction, Values};

use super::*;
use crate::alerts::tests::{catalog, or_skip, text};

fn shop() -> Catalog {
    Catalog::from_json(include_str!("../../tests/shop.json")).unwrap()
}

#[test]
fn the_shops_registry_is_this() {
    let text = yaml(&shop());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop.registry.yaml");
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap(), "see it with SPANWRIGHT_BLESS=1");
}

#[test]
fn values_of_all_metrics_are_members_and_any_text_makes_a_text_of_it() {
    let of = |first: Values, second: Values| {
        let mut catalog = shop();
        catalog.attributes.clear();
        catalog.spans.clear();
        catalog.metrics.truncate(2);
        for (metric, values) in catalog.metrics.iter_mut().zip([first, second]) {
            let label =
                Label { name: "a".to_owned(), attribute: "b.c".to_owned(), help: String::new(), values };
            metric.labels = vec![label];
        }
        Attributes::of(&catalog).yaml()
    };
    let known = |values: &[&str]| Values::Known(values.iter().map(|value| (*value).to_owned()).collect());
    let members = of(known(&["x", "y"]), known(&["y", "z"]));
    for value in ["x", "y", "z"] {
        assert_eq!(members.matches(&format!("value: \"{value}\"")).count(), 1, "{members}");
    }
    for text in [of(known(&["x"]), Values::Text { max: 9 }), of(Values::Text { max: 9 }, known(&["x"]))] {
        assert!(text.contains("- id: 'b.c'\n        type: string\n"), "{text}");
    }
}

/// The Python of the tests' environment: `SPANWRIGHT_VENV`, or `.venv` in the workspace.
fn python() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let venv = std::env::var_os("SPANWRIGHT_VENV").map_or_else(|| workspace.join(".venv"), PathBuf::from);
    let python = venv.join("bin/python");
    let is_there = python.is_file();
    is_there.then_some(python).ok_or_else(|| {
        format!(
            "no Python in {}: `.ci/backends.sh` makes it, and SPANWRIGHT_VENV names another",
            venv.display()
        )
    })
}

/// What the script says of some registries.
fn checked(python: &Path, folders: &[PathBuf]) -> Result<(), String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_registry.py");
    let mut command = Command::new(python);
    command.arg(script).args(folders);
    if let Some(schemas) = std::env::var_os("SPANWRIGHT_WEAVER_SCHEMAS") {
        command.arg("--schemas").arg(schemas);
    }
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn write_files(folder: &Path, files: &[File]) {
    std::fs::create_dir_all(folder).unwrap();
    for File { name, text } in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("spanwright-weaver-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Any catalogue, with what only a registry reads.
fn any_catalog() -> impl Strategy<Value = Catalog> {
    let value_type = prop_oneof![Just("string"), Just("int"), Just("double"), Just("boolean"), Just("mood")];
    let example = prop_oneof![text(), Just("7".to_owned()), Just("1e3".to_owned()), Just("true".to_owned())];
    let attribute = (text(), value_type, text(), proptest::collection::vec(example, 0..4)).prop_map(
        |(key, value_type, help, examples)| Attribute {
            key,
            value_type: value_type.to_owned(),
            help,
            examples,
            redaction: Redaction::Hashed,
            ..Attribute::default()
        },
    );
    let keys = proptest::collection::vec(text(), 3);
    (catalog(), proptest::collection::vec(attribute, 0..4), keys).prop_map(
        |(mut catalog, attributes, keys)| {
            catalog.attributes = attributes;
            for span in &mut catalog.spans {
                span.attributes.clone_from(&keys);
            }
            catalog
        },
    )
}

#[test]
fn the_registry_of_any_catalogue_is_one() {
    let Some(python) = or_skip(python()) else { return };
    // A start of Python takes longer than to read them all.
    let folder = Folder::new("any");
    let mut runner = TestRunner::default();
    let catalogs = (0..96)
        .map(|_| any_catalog().new_tree(&mut runner).unwrap().current())
        .chain([shop(), Catalog::new()]);
    let folders = catalogs.enumerate().map(|(index, catalog)| {
        let own = folder.0.join(index.to_string());
        write_files(&own, &files(&catalog, None));
        own
    });
    checked(&python, &folders.collect::<Vec<_>>()).unwrap();
}

#[test]
fn a_registry_that_is_none_is_refused() {
    let Some(python) = or_skip(python()) else { return };
    for (written, broken) in [
        ("instrument: counter", "instrument: clock"),
        ("- ref: reason", "- ref: season"),
        ("span_kind: server", "kind: server"),
    ] {
        let folder = Folder::new("broken");
        let mut files = files(&shop(), None);
        assert!(files[1].text.contains(written));
        files[1].text = files[1].text.replace(written, broken);
        write_files(&folder.0, &files);
        assert!(checked(&python, std::slice::from_ref(&folder.0)).is_err(), "{broken}");
    }
}
