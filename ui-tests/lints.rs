//! What rustc and Clippy say of annotated code is what they say of the same code without its annotations.

use std::collections::BTreeMap;

use serde_json::Value;
use spanwright_ui_tests::Fixture;

/// All that Clippy has, and what rustc says only when it is asked.
const LINTS: &[&str] = &[
    "clippy::all",
    "clippy::correctness",
    "clippy::pedantic",
    "clippy::nursery",
    "clippy::restriction",
    "clippy::cargo",
    "warnings",
    "unused",
    "future_incompatible",
    "nonstandard_style",
    "rust_2018_idioms",
    "rust_2021_compatibility",
    "rust_2024_compatibility",
    "let_underscore",
    "keyword_idents",
    "refining_impl_trait",
    "missing_docs",
    "missing_debug_implementations",
    "missing_copy_implementations",
    "trivial_casts",
    "trivial_numeric_casts",
    "unreachable_pub",
    "unsafe_code",
    "unused_crate_dependencies",
    "unused_extern_crates",
    "unused_import_braces",
    "unused_lifetimes",
    "unused_macro_rules",
    "unused_qualifications",
    "unused_results",
    "single_use_lifetimes",
    "explicit_outlives_requirements",
    "meta_variable_misuse",
    "elided_lifetimes_in_paths",
    "redundant_lifetimes",
    "redundant_imports",
    "variant_size_differences",
    "absolute_paths_not_starting_with_crate",
    "ambiguous_negative_literals",
    "ffi_unwind_calls",
    "macro_use_extern_crate",
    "unit_bindings",
    "unnameable_types",
    "linker_messages",
];

/// How often a lint fires at a place: `mistakes.rs:17:32 unused_variables`.
type Findings = BTreeMap<String, usize>;

fn findings(features: &str) -> Findings {
    let levels = LINTS.iter().flat_map(|lint| ["-W", lint]);
    let arguments: Vec<&str> =
        ["--message-format=json", "--features", features, "--"].into_iter().chain(levels).collect();
    let checked = Fixture::new("lints", env!("CARGO_TARGET_TMPDIR")).cargo("clippy", &arguments);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let mut findings = Findings::new();
    for line in String::from_utf8_lossy(&checked.stdout).lines() {
        let line: Value = serde_json::from_str(line).expect("Cargo writes JSON");
        let is_ours = line["target"]["name"]
            .as_str()
            .is_some_and(|name| name == "spanwright_fixture_lints" || name == "program");
        let message = &line["message"];
        let (Some(lint), Some(spans)) = (message["code"]["code"].as_str(), message["spans"].as_array())
        else {
            continue;
        };
        let primary = spans.iter().find(|span| span["is_primary"] == true);
        if let (true, Some(span)) = (is_ours, primary) {
            let place = format!(
                "{}:{}:{}",
                span["file_name"].as_str().unwrap_or_default(),
                span["line_start"],
                span["column_start"]
            );
            *findings.entry(format!("{place} {lint}")).or_default() += 1;
        }
    }
    findings
}

/// What is found in `one` and not in `other`, or more often.
fn beyond<'f>(one: &'f Findings, other: &Findings) -> Vec<&'f str> {
    let beyond = one.iter().filter(|(finding, count)| other.get(*finding).is_none_or(|other| other < count));
    beyond.map(|(finding, _)| finding.as_str()).collect()
}

/// What Clippy asks for at an attribute where a body stays in place, since nothing may be put around it: a `return`, or without
/// telemetry the semicolon.
fn is_asked_in_place(finding: &str, features: &str) -> bool {
    finding.ends_with(" clippy::implicit_return")
        || features.is_empty() && finding.ends_with(" clippy::semicolon_if_nothing_returned")
}

/// What is not so of an annotated function: it can't be `const`, does something beside what it returns, its body awaits, and the
/// attribute uses parameters. And a program that is not annotated does not use this crate.
const NOT_SO: [&str; 5] = [
    "clippy::missing_const_for_fn",
    "clippy::must_use_candidate",
    "clippy::unused_async",
    "unused_variables",
    "unused_crate_dependencies",
];

/// What Clippy does not look for in closures and blocks that come out of a macro, as annotated bodies do.
const UNSEEN: [&str; 6] = [
    "clippy::implicit_return",
    "clippy::needless_return",
    "clippy::needless_lifetimes",
    "clippy::needless_pass_by_value",
    "clippy::manual_async_fn",
    "clippy::default_numeric_fallback",
];

/// Whether its absence is explained. All unused variables of `mistakes.rs` are unused with the annotations too.
fn is_explained(finding: &str) -> bool {
    let (place, lint) = finding.rsplit_once(' ').unwrap_or_default();
    UNSEEN.contains(&lint)
        || NOT_SO.contains(&lint) && !(lint == "unused_variables" && place.starts_with("mistakes.rs"))
}

#[test]
fn an_annotation_changes_no_lint() {
    let bare = findings("bare,telemetry");
    assert!(bare.keys().any(|finding| finding.contains("unused_mut")), "{bare:#?}");
    for features in ["telemetry", ""] {
        let annotated = findings(features);
        let added =
            beyond(&annotated, &bare).into_iter().filter(|finding| !is_asked_in_place(finding, features));
        assert_eq!(added.collect::<Vec<_>>(), [""; 0], "fires because of the annotations, with `{features}`");
        let swallowed = beyond(&bare, &annotated).into_iter().filter(|finding| !is_explained(finding));
        assert_eq!(
            swallowed.collect::<Vec<_>>(),
            [""; 0],
            "is swallowed by the annotations, with `{features}`"
        );
    }
}
