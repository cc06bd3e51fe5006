//! `eventflux.toml`: the document's keys, beside all others of the telemetry.

use std::fs;
use std::path::Path;

use crate::process::TempDir;
use crate::program::{SEED, eventflux, lines};
use crate::system::Ended;
use crate::table::rows_of;

/// A bounded run with this file.
#[track_caller]
fn configured(folder: &Path, file: &str) -> Ended {
    let path = folder.join("eventflux.toml");
    fs::write(&path, file).expect("the temporary directory is writable");
    Ended::of(eventflux(&["--once", "--config"]).arg(&path))
}

#[test]
fn the_keys_of_the_document_do_what_it_says() {
    assert!(rows_of(SEED, "file").iter().any(|row| row.name() == "eventflux.toml"));
    for row in rows_of(SEED, "configuration key") {
        let [file, table, setting] = crate::table::quoted(&row.item)[..3] else { panic!("{}", row.item) };
        assert_eq!((file, table), ("eventflux.toml", "[logging]"));
        let folder = TempDir::new();
        let run = |setting: &str| configured(folder.path(), &format!("{table}\n{setting}\n"));
        match setting.split(' ').next() {
            Some("level") => {
                let (said, more) = (run(setting), run("level = \"debug\""));
                let is_debug = |line: &serde_json::Value| line["level"] == "DEBUG";
                assert!(!lines(&said.stdout).is_empty() && !lines(&said.stdout).iter().any(is_debug));
                assert!(lines(&more.stdout).iter().any(is_debug), "{}", more.stdout);
            }
            Some("format") => {
                assert!(!lines(&run(setting).stdout).is_empty(), "{setting}");
                let pretty = run("format = \"pretty\"").stdout;
                assert!(
                    pretty.contains("Query executed successfully") && lines(&pretty).is_empty(),
                    "{pretty}"
                );
            }
            Some("output") => {
                assert!(!lines(&run(setting).stdout).is_empty(), "{setting}");
                let log = folder.path().join("eventflux.log");
                let ended = run(&format!("format = \"json\"\noutput = '{}'", log.display()));
                let written = fs::read_to_string(&log).expect("it was written");
                assert!(lines(&ended.stdout).is_empty() && !lines(&written).is_empty(), "{}", ended.stdout);
            }
            _ => panic!("nothing is known of {}", row.item),
        }
    }
}

#[test]
fn a_key_that_is_not_known_is_named_with_its_line_and_what_was_meant() {
    let folder = TempDir::new();
    let ended = configured(folder.path(), "[logging]\nlevel = \"info\"\nfromat = \"json\"\n");
    let said = ended.stdout + &ended.stderr;
    for part in ["eventflux.toml", "3", "fromat", "format"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn the_telemetrys_own_file_stands_beside_it_and_wins() {
    let folder = TempDir::new();
    let [ours, telemetrys] = ["eventflux.toml", "telemetry.toml"].map(|name| folder.path().join(name));
    let file =
        "[logging]\nlevel = \"warn\"\n[shutdown]\ndrain_seconds = 7\n[service]\nenvironment = \"staging\"\n";
    fs::write(&ours, file).expect("the temporary directory is writable");
    fs::write(&telemetrys, "[logging]\nlevel = \"error\"\n[tracing]\nsample_rate = 0.5\n")
        .expect("it is writable");
    let mut command = eventflux(&["--once", "--config"]);
    command.arg(&ours).env_remove("EVENTFLUX_DRAIN_PERIOD").env("EVENTFLUX_EXPLAIN_CONFIG", "true");
    let ended = Ended::of(command.env("EVENTFLUX_CONFIG", &telemetrys));
    let said = ended.stdout + &ended.stderr;
    for line in ["drain_period = 7000", "tracing.sample_rate = 0.5", "logging.level = error", "staging"] {
        assert!(said.contains(line), "{line} in {said}");
    }
}
