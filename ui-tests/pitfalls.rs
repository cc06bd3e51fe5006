//! The table of pitfalls in `README.md`, held against what is there.

use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("README.md");

/// The files that a row names, each with a test in it if it names one.
fn named(row: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let held_by = row.rsplit(" | ").next().unwrap_or_default();
    let quoted = held_by.split('`').skip(1).step_by(2).filter(|text| text.contains('/'));
    quoted.map(|text| match text.split_once("::") {
        Some((file, test)) => (file, Some(test)),
        None => (text, None),
    })
}

#[test]
fn everything_that_the_table_of_pitfalls_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rows: Vec<_> = TABLE.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert!(rows.len() > 40, "{} rows", rows.len());
    for row in rows {
        let mut count = 0;
        for (file, test) in named(row) {
            let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            if let Some(test) = test {
                assert!(text.contains(&format!("fn {test}()")), "{file} has no test `{test}`");
            }
            count += 1;
        }
        assert!(count > 0 || row.contains("| nothing yet: "), "nothing holds this: {row}");
    }
}
