//! The configuration of a running program, by a file and variables.

use std::fs;
use std::path::PathBuf;

use crate::shop::{GOOD_CARD, Shop};

/// A file of configuration, in a folder of its own.
fn written(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("spanwright-configuration-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    let path = folder.join(name);
    fs::write(&path, text).expect("the folder was made above");
    path
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("the folder for temporary files has a name of Unicode")
}

#[test]
fn a_program_says_what_is_in_force_and_why() {
    let file = written("good.toml", "[service]\nname = \"corner-shop\"\n[logging]\nlevel = \"shop=debug\"\n");
    let start = Shop::start().env("SPANWRIGHT_CONFIG", path(&file)).env("RUST_LOG", "warn");
    let ended = start.arg("--explain-config").run();
    assert!(ended.status.success(), "{}", ended.stderr);
    let line = |key: &str| {
        let line = ended.stdout.lines().find(|line| line.starts_with(key));
        line.unwrap_or_else(|| panic!("no `{key}` in\n{}", ended.stdout))
    };
    assert!(line("service.name = corner-shop ").ends_with(&format!("# {}:2:8; also set: code", path(&file))));
    assert!(line("logging.level = warn ").ends_with(&format!("# RUST_LOG; also set: {}:4:9", path(&file))));
    assert!(line("metrics.port = 0 ").ends_with("# SPANWRIGHT_METRICS_PORT"));
    assert!(line("tracing.enabled = true ").ends_with("# default"));
}

#[test]
fn a_file_with_mistakes_is_told_all_of_them_and_stops_nothing_unless_told_to() {
    let file =
        written("bad.toml", "[logging]\nformat = \"xml\"\nlevle = \"debug\"\n[metrics]\nport = \"9090\"\n");
    let shop = Shop::start().env("SPANWRIGHT_CONFIG", path(&file)).serve();
    let ended = shop.terminate();
    for expected in [
        "bad.toml:2:10: `logging.format` is `xml`, not `json` or `pretty`; the default is used",
        "bad.toml:3:1: there is no key `logging.levle`, did you mean `level`?",
        "bad.toml:5:8: `metrics.port` is `9090`, not a port from 0 to 65535: it is a string; write it without quotes",
    ] {
        assert!(ended.stderr.contains(expected), "{expected}\n{}", ended.stderr);
    }
    let required =
        Shop::start().env("SPANWRIGHT_CONFIG", path(&file)).env("SPANWRIGHT_REQUIRED", "true").run();
    assert_eq!(required.status.code(), Some(1));
    assert!(required.stderr.contains("the telemetry is required, but "), "{}", required.stderr);
    for place in ["bad.toml:2:10: ", "bad.toml:3:1: ", "bad.toml:5:8: "] {
        assert_eq!(required.stderr.matches(place).count(), 1, "{}", required.stderr);
    }
}

#[test]
fn a_switch_makes_any_program_say_what_is_in_force() {
    let shop = Shop::start().env("SPANWRIGHT_EXPLAIN_CONFIG", "true").env("OTEL_BSP_SCHEDULE_DELAY", "7");
    let stderr = shop.env("SPANWRIGHT_LOG_FROMAT", "json").serve().terminate().stderr;
    assert_eq!(stderr.matches("did you mean `SPANWRIGHT_LOG_FORMAT`?").count(), 1, "{stderr}");
    let line = stderr.lines().find(|line| line.starts_with("spanwright: tracing.batch.delay = 7 "));
    assert!(line.is_some_and(|line| line.ends_with("# OTEL_BSP_SCHEDULE_DELAY")), "{stderr}");
}

#[test]
fn the_telemetrys_own_messages_are_as_many_as_were_asked_for() {
    let said = |level: &str| {
        let start = Shop::start().env("OTEL_LOG_LEVEL", level).env("SPANWRIGHT_LOG_FROMAT", "json");
        let stderr = start.env("OTEL_BSP_SCHEDULE_DELAY", "soon").serve().terminate().stderr;
        (
            stderr.contains("did you mean `SPANWRIGHT_LOG_FORMAT`?"),
            stderr.contains("`soon`, not a whole number"),
        )
    };
    assert_eq!(said("info"), (true, true));
    assert_eq!(said("error"), (false, true));
    assert_eq!(said("none"), (false, false));
}

#[test]
fn samples_have_exemplars_unless_told_otherwise() {
    let exemplars = |filter: &str| {
        let start = Shop::start().env("OTEL_METRICS_EXEMPLAR_FILTER", filter);
        let shop = start.env("OTEL_TRACES_SAMPLER", "always_on").serve();
        shop.order("teapot", 1, GOOD_CARD);
        let (_, page) = shop.metrics("application/openmetrics-text; version=1.0.0");
        page.matches("trace_id=").count()
    };
    assert!(exemplars("trace_based") > 0);
    assert_eq!(exemplars("always_off"), 0);
}
