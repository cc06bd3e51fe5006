//! Without telemetry an annotated function is the bare function, and mistakes are mistakes all the same.

use std::fs;
use std::process::{Command, Output};
use std::sync::LazyLock;

use spanwright_ui_tests::Fixture;

/// Made once: the tests run side by side.
static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| Fixture::new("off", env!("CARGO_TARGET_TMPDIR")));

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The functions in the fixture's machine code, sorted; each by its symbol, as instructions.
fn functions(features: &str) -> Vec<(String, String)> {
    let name = if features.is_empty() { "annotated" } else { features };
    let file = FIXTURE.target().join(format!("off-{name}.s"));
    let emit = format!("--emit=asm={}", file.display());
    let built = FIXTURE.cargo("rustc", &["--release", "--lib", "--features", features, "--", &emit]);
    assert!(built.status.success(), "{}", stderr(&built));
    let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut functions: Vec<(String, String)> = Vec::new();
    let mut symbol = None;
    for line in code.lines() {
        let own = without_hashes(line);
        if let Some(label) = own.strip_suffix(':').filter(|label| label.starts_with("_")) {
            symbol = Some(label.to_owned());
            functions.push((label.to_owned(), String::new()));
        } else if own.starts_with(".Lfunc_end") || own.starts_with("Lfunc_end") {
            symbol = None;
        } else if let (Some(_), Some((_, body))) = (&symbol, functions.last_mut()) {
            *body += &(own + "\n");
        }
    }
    // Data has symbols too.
    functions.retain(|(_, body)| body.contains(".cfi_startproc") || body.contains(".seh_proc"));
    for (_, body) in &mut functions {
        *body = with_own_labels(body);
    }
    functions.sort();
    functions
}

/// Input: `call _ZN3off6charge17h0123456789abcdefE`; output: `call _ZN3off6charge17h#E`.
fn without_hashes(line: &str) -> String {
    let mut output = String::with_capacity(line.len());
    for part in line.split_inclusive(|character: char| !character.is_ascii_hexdigit()) {
        let digits = part.trim_end_matches(|character: char| !character.is_ascii_hexdigit());
        output += if digits.len() >= 16 { "#" } else { digits };
        output += &part[digits.len()..];
    }
    output
}

/// Numbers the labels of one function from the first on, since their numbers count the functions before it.
///
/// Input: `jne .LBB16_4`; output: `jne .L1`.
fn with_own_labels(body: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut output = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.find(".L") {
        let (before, from) = rest.split_at(start);
        let is_part = |character: char| character.is_ascii_alphanumeric() || "._#$".contains(character);
        let end = from.find(|character| !is_part(character)).unwrap_or(from.len());
        let (label, after) = from.split_at(end);
        let number = known.iter().position(|earlier| *earlier == label).unwrap_or_else(|| {
            known.push(label);
            known.len() - 1
        });
        output += &format!("{before}.L{number}");
        rest = after;
    }
    output + rest
}

#[test]
fn an_annotated_function_is_the_same_machine_code() {
    let (annotated, plain) = (functions(""), functions("plain"));
    for name in [
        "one_line",
        "result",
        "consumes",
        "recorded",
        "place",
        "never",
        "closure",
        "result_async",
        "recorded_async",
        "boxed",
        "followed",
        "followed_opaque",
        "returned",
        "placed",
        "publish",
        "block",
        "placed_async",
        "placed_boxed",
        "add",
        "with_labels",
        "timed",
        "timed_async",
        "global",
        "job",
        "job_async",
        "reported_place",
        "reported_never",
        "reported_method",
        "reported_mut",
        "reported_closure",
        "reported_async",
        "reported_boxed",
    ] {
        let symbol = format!("{}{name}", name.len());
        assert!(annotated.iter().any(|(its_symbol, _)| its_symbol.contains(&symbol)), "no code for {name}");
    }
    for ((symbol, one), (_, other)) in annotated.iter().zip(&plain) {
        let difference = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert_eq!(difference, None, "{symbol}:\n{one}\nplain:\n{other}");
    }
    assert_eq!(annotated, plain);
}

#[test]
fn a_returned_future_is_no_greater_and_keeps_nothing_longer() {
    let tested = FIXTURE.cargo("test", &["--quiet", "--lib"]);
    assert!(tested.status.success(), "{}{}", String::from_utf8_lossy(&tested.stdout), stderr(&tested));
}

#[test]
fn a_mistake_stops_the_build_all_the_same() {
    for (feature, message) in [
        ("bad-argument", "unknown argument `recrod`; did you mean `record`?"),
        ("bad-value", "`&Order` can't be recorded as it is"),
        ("bad-switch", "`&Order` does not say what is enabled"),
        ("bad-record", "`totl` is not declared; did you mean `total`?"),
        ("bad-recorded-value", "`&Order` can't be recorded as it is"),
        ("bad-label", "expected `Tier`, found `bool`"),
        ("bad-target", "`Order` has no metrics of a function's calls"),
        ("bad-place", "the body has `shop` to itself"),
    ] {
        let checked = FIXTURE.cargo("check", &["--features", feature]);
        assert!(!checked.status.success(), "{feature} compiles");
        assert!(stderr(&checked).contains(message), "{}", stderr(&checked));
    }
}

/// What a library that is annotated makes its users download and compile, the runtime's own packages left out.
#[test]
fn a_library_has_few_dependencies() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let manifest = format!("{root}/Cargo.toml");
    let arguments = [
        "tree",
        "--offline",
        "--locked",
        "--manifest-path",
        &manifest,
        "-p",
        "spanwright",
        "--no-default-features",
        "-e",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("Cargo starts");
    assert!(output.status.success(), "{}", stderr(&output));
    let tree = String::from_utf8_lossy(&output.stdout);
    let mut packages: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    packages.sort_unstable();
    packages.dedup();
    let stated =
        fs::read_to_string(format!("{root}/tests/fixtures/off/dependencies.txt")).expect("it is committed");
    assert_eq!(packages, stated.lines().collect::<Vec<_>>());
}

/// What a program with the annotated library prints.
fn program(name: &str) -> String {
    let fixture = Fixture::new("library", env!("CARGO_TARGET_TMPDIR"));
    let run = fixture.cargo("run", &["--quiet", "-p", &format!("spanwright-fixture-{name}")]);
    assert!(run.status.success(), "{}", stderr(&run));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

#[test]
fn a_program_turns_on_by_one_feature_what_its_libraries_have() {
    let output = program("observed");
    assert!(output.starts_with("nobody listens\nobserved\nspan charge [\"amount\", \"twice\","), "{output}");
    for line in [
        "library_charges_total{tier=\"paid\"} 1",
        "library_charges_total{tier=\"free\"} 0",
        "library_amount_sum 21.0",
        "library_now 0.0",
        "library_calls_total{tier=\"paid\",outcome=\"ok\"} 1",
    ] {
        assert!(output.lines().any(|written| written == line), "no `{line}` in\n{output}");
    }
}

#[test]
fn a_panic_that_aborts_loses_no_span() {
    let fixture = Fixture::new("library", env!("CARGO_TARGET_TMPDIR"));
    // A profile of its own, so that the program is not another test's, which unwinds.
    let aborts = ["profile.aborts.inherits=\"dev\"", "profile.aborts.panic=\"abort\""];
    let profile = ["--config", aborts[0], "--config", aborts[1], "--profile", "aborts"];
    let program = ["--quiet", "-p", "spanwright-fixture-observed", "--", "panic"];
    let run = fixture.cargo("run", &[&profile[..], &program].concat());
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(!run.status.success() && stderr(&run).contains("on purpose"), "{}", stderr(&run));
    assert!(output.contains("\nspan charge ["), "{output}{}", stderr(&run));
    assert!(!output.contains("library_charges_total"), "nothing comes after the abort: {output}");
}

#[test]
fn a_program_without_the_feature_has_none_of_it() {
    assert_eq!(program("bare"), "bare\n");
}
