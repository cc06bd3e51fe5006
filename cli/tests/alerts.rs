//! `spanwright alerts`, judged by promtool.
//!
//! Without promtool these tests are skipped with a line that says so, unless `SPANWRIGHT_REQUIRE_BACKENDS=1`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/tests/shop.json");

/// A folder of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn spanwright(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanwright"));
    command.current_dir(folder).args(args);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What promtool says; nothing where it is missing and need not be there.
fn promtool(folder: &Path, args: &[&str]) -> Option<Output> {
    match Command::new("promtool").current_dir(folder).args(args).output() {
        Ok(output) => Some(output),
        Err(error) => {
            let is_required =
                std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
            assert!(!is_required, "a backend is required, and missing: promtool: {error}");
            let reason = format!("promtool does not start: {error} (Debian: apt-get install prometheus)");
            let _ = writeln!(std::io::stderr(), "skipped: {reason}");
            None
        }
    }
}

/// The shop's rules and their tests, and what was said of them.
fn made(folder: &Path) -> (String, String, String) {
    let output = spanwright(folder, &["alerts", SHOP, "--out", "rules.yml", "--test"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    (read("rules.yml"), read("rules.test.yml"), said(&output))
}

#[test]
fn the_shops_rules_are_these() {
    let output = spanwright(Path::new("."), &["alerts", SHOP]).output().unwrap();
    let rules = said(&output);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop.rules.yml");
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        std::fs::write(golden, &rules).unwrap();
    }
    assert_eq!(rules, std::fs::read_to_string(golden).unwrap(), "see them with SPANWRIGHT_BLESS=1");
}

#[test]
fn promtool_takes_the_shops_rules_and_sees_each_alert_fire_and_not_fire() {
    let folder = folder("shop");
    let (_, tests, said_of_them) = made(&folder);
    let Some(checked) = promtool(&folder, &["check", "rules", "rules.yml"]) else { return };
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(!said_of_them.contains("not tested"), "{said_of_them}");
    assert!(!tests.contains("not tested"));
    let tested = promtool(&folder, &["test", "rules", "rules.test.yml"]).unwrap();
    assert!(tested.status.success(), "{}", said(&tested));
}

/// What somebody is told, written down by hand.
#[test]
fn promtool_sees_what_somebody_is_told() {
    const TESTS: &str = r#"
rule_files: [rules.yml]
tests:
  - interval: 1m
    input_series:
      - series: 'shop_db_calls_total{job="shop",operation="insert_order",outcome="ok"}'
        values: '0+90x20'
      - series: 'shop_db_calls_total{job="shop",operation="insert_order",outcome="panicked"}'
        values: '0+10x20'
    alert_rule_test:
      - eval_time: 15m
        alertname: InsertOrderErrors
        exp_alerts:
          - exp_labels: { severity: warning, job: shop, operation: insert_order }
            exp_annotations:
              summary: 'Calls of `insert_order` fail'
              description: '10% of the calls of `insert_order` end in an error or a panic; 5 % may.'
              runbook: "`insert_order`: Takes the pieces out of the stock and writes the order, or neither.\n\nDeclared in examples/shop/store.rs:83."
"#;
    let folder = folder("told");
    made(&folder);
    std::fs::write(folder.join("by-hand.yml"), TESTS).unwrap();
    let Some(tested) = promtool(&folder, &["test", "rules", "by-hand.yml"]) else { return };
    assert!(tested.status.success(), "{}", said(&tested));
}

/// The same tests for alerts that never fire, and for alerts that always do: each test of each alert has to see it.
#[test]
fn the_tests_see_alerts_that_do_not_do_what_they_are_for() {
    let folder = folder("broken");
    let (rules, ..) = made(&folder);
    let alerts = names(&rules);
    assert!(alerts.len() >= 10, "{alerts:?}");
    for (broken, word) in [("vector(1) < 0", "never"), ("vector(1)", "always")] {
        std::fs::write(folder.join("rules.yml"), with_conditions(&rules, broken)).unwrap();
        let Some(tested) = promtool(&folder, &["test", "rules", "rules.test.yml"]) else { return };
        let said = said(&tested);
        assert!(!tested.status.success(), "{said}");
        for alert in &alerts {
            assert!(said.contains(&format!("alertname=\\\"{alert}\\\"")), "{alert} {word} fires:\n{said}");
        }
    }
}

fn names(rules: &str) -> Vec<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

/// The rules with another condition in all alerts, at once.
fn with_conditions(rules: &str, condition: &str) -> String {
    let mut is_alert = false;
    let line = |line: &str| {
        is_alert = line.contains("- alert:") || (is_alert && !line.contains("- record:"));
        if is_alert && line.starts_with("        expr:") {
            format!("        expr: {condition}\n")
        } else if is_alert && line.starts_with("        for:") {
            String::new()
        } else {
            format!("{line}\n")
        }
    };
    rules.lines().map(line).collect()
}

#[test]
fn what_can_not_be_tested_is_said() {
    let folder = folder("untested");
    // Nothing is on this path, so what somebody wrote himself can't be tried.
    let mut command = spanwright(&folder, &["alerts", SHOP, "--out", "rules.yml", "--test"]);
    let output = command.env("PATH", &folder).output().unwrap();
    let said = said(&output);
    let tests = std::fs::read_to_string(folder.join("rules.test.yml")).unwrap();
    for rule in ["ShopChargesDeclined", "ShopStockFalls", "shop_decline_rate"] {
        let line = format!("not tested: {rule}: `promtool` is not on the PATH");
        assert!(said.contains(&line), "{said}");
        assert!(tests.contains(&format!("# {line}")), "{tests}");
    }
}

#[test]
fn bounds_are_arguments_and_mistakes_in_them_are_said() {
    let alerts = |args: &[&str]| {
        let output = spanwright(Path::new("."), &["alerts", SHOP]).args(args).output().unwrap();
        (output.status.success(), said(&output))
    };
    let (_, rules) = alerts(&["--errors", "0.2", "--job", "other", "--window", "2m", "--for", "90s"]);
    assert!(
        rules.contains("error_ratio_rate2m{job=\"other\",operation=\"insert_order\"} > 0.2 and"),
        "{rules}"
    );
    assert!(rules.contains("for: 1m30s"), "{rules}");
    for (args, words) in [
        (["--errors", "5"], "a share is above 0 and below 1"),
        (["--for", "5"], "`5` is no time; write `30s`, `5m` or `1h30m`"),
        (["--latency", "-1"], "unexpected argument"),
        (["--test", "--job=a"], "--out"),
        (["--out", "no-such-folder/rules.yml"], "`no-such-folder/rules.yml` can't be written: "),
    ] {
        let (is_fine, said) = alerts(&args);
        assert!(!is_fine && said.contains(words), "{args:?}: {said}");
    }
}
