//! `examples/COVERAGE.md` names, for each row of the tables in this folder, the tests that show it.

#[allow(dead_code, reason = "the tests of the systems ask for more")]
mod table;

use std::collections::BTreeMap;
use std::fs;

use table::{Row, cells, rows, workspace};

/// What `examples/COVERAGE.md` says: the tests of each row.
fn coverage() -> Vec<(Row, String)> {
    let page = fs::read_to_string(workspace().join("examples/COVERAGE.md")).expect("the page");
    let mut seed = String::new();
    let mut coverage = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut seed);
        } else if let Some([item, kind, tests]) = cells::<3>(line).filter(|[item, ..]| item != "Item") {
            coverage.push((Row { seed: seed.clone(), item, kind }, tests));
        }
    }
    coverage
}

/// Rows that nothing has to show: what a document plans, and what its own code is made of.
fn needs_no_test(row: &Row) -> bool {
    row.kind == "future" || row.kind.ends_with("(theirs)")
}

#[test]
fn every_row_is_covered_once_and_no_other() {
    let mut covered: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for (row, _) in coverage() {
        *covered.entry((row.seed, row.item, row.kind)).or_default() += 1;
    }
    for row in rows() {
        let times = covered.remove(&(row.seed.clone(), row.item.clone(), row.kind.clone()));
        assert_eq!(times, Some(1), "examples/COVERAGE.md does not have this row once: {row:?}");
    }
    assert!(covered.is_empty(), "examples/COVERAGE.md has rows that no table has: {:?}", covered.keys());
}

#[test]
fn every_row_names_tests_that_exist() {
    let mut wrong = Vec::new();
    for (row, tests) in coverage() {
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        let is_excused = needs_no_test(&row) && !tests.trim().is_empty();
        if named.is_empty() && !is_excused {
            wrong.push(format!("{} names no test", row.item));
        }
        for test in named {
            if let Err(problem) = exists(test) {
                wrong.push(format!("{}: {problem}", row.item));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether `path::name` is a test.
fn exists(test: &str) -> Result<(), String> {
    let (path, name) = test.rsplit_once("::").ok_or_else(|| format!("`{test}` is not a `file::test`"))?;
    let source = fs::read_to_string(workspace().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let is_test = match path.rsplit_once('.') {
        // An attribute that makes a test stands in the lines before the function.
        Some((_, "rs")) => {
            let mut before = source.split(&format!("fn {name}(")).next().filter(|before| *before != source);
            before.as_mut().is_some_and(|before| {
                let attributes = before.rsplit("\n\n").next().unwrap_or_default();
                attributes.contains("#[test]") || attributes.contains("::test")
            })
        }
        _ => source.contains(name),
    };
    if is_test { Ok(()) } else { Err(format!("`{name}` is no test in {path}")) }
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    exists("tests/coverage/main.rs::a_test_that_is_not_there_is_missed").expect("this one");
    for wrong in [
        "tests/coverage/main.rs::exists",
        "tests/coverage/main.rs::nothing",
        "tests/nowhere.rs::a",
        "nothing",
    ] {
        exists(wrong).expect_err(wrong);
    }
}
