//! What `scripts/compare_overhead.sh` prints, and when it fails.

#[path = "overhead_bench.rs"]
#[allow(dead_code, reason = "its `main` is a benchmark's")]
mod bench;

use std::process::Command;
use std::time::Duration;

use bench::{Measured, Mode, measure, report};

use crate::recorded::alone;

/// The rows of the document that are lines of output.
fn documented() -> Vec<&'static str> {
    let rows = include_str!("../coverage/tokio_telemetry.md").lines();
    let lines = rows.filter(|row| row.ends_with("| output line |"));
    lines.map(|row| row.split('`').nth(1).expect("the line stands in backticks")).collect()
}

/// What the document has measured.
fn baseline() -> Measured {
    Measured { per_second: 286_794.0, p50: 174.1, p99: 280.6, ..Measured::default() }
}

fn telemetry() -> Measured {
    let (requests, bytes_a_request, bytes_an_event) = (1e6, 25.56, 6.39);
    let bytes = requests * bytes_a_request;
    let events = bytes / bytes_an_event;
    Measured { requests, per_second: 277_626.0, p50: 180.2, p99: 289.3, events, bytes, lost: 0.0 }
}

#[test]
fn the_lines_are_the_documents() {
    let (text, failed) = report(&baseline(), &telemetry());
    assert!(failed.is_empty(), "{failed:?}");
    let documented = documented();
    assert_eq!(documented.len(), 8);
    let printed: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    for (printed, documented) in printed.iter().zip(&documented) {
        // The document has counted the requests of another moment in its last line.
        let expected = documented.replace("277682", "277626");
        assert_eq!(**printed, expected);
    }
    assert_eq!(printed.len(), documented.len());
}

#[test]
fn what_costs_too_much_fails() {
    let failed = |telemetry: Measured| report(&baseline(), &telemetry).1.len();
    let good = telemetry();
    assert_eq!(failed(Measured { per_second: 286_794.0 * 0.901, ..good }), 0);
    assert_eq!(failed(Measured { per_second: 286_794.0 * 0.899, ..good }), 1);
    assert_eq!(failed(Measured { requests: good.bytes / 34.9, ..good }), 0);
    assert_eq!(failed(Measured { requests: good.bytes / 35.1, ..good }), 1);
    assert_eq!(failed(Measured { events: good.bytes / 11.9, ..good }), 0);
    assert_eq!(failed(Measured { events: good.bytes / 12.1, ..good }), 1);
    assert_eq!(failed(Measured::default()), 3, "nothing was measured");
}

#[test]
fn both_modes_are_measured_and_a_recording_is_small() {
    let _alone = alone();
    let time = Duration::from_millis(300);
    let baseline = measure(Mode::Baseline, time).unwrap();
    assert!(baseline.requests > 0.0 && baseline.p50 > 0.0 && baseline.p50 <= baseline.p99, "{baseline:?}");
    assert_eq!((baseline.events, baseline.bytes), (0.0, 0.0));
    let telemetry = measure(Mode::Telemetry, time).unwrap();
    // A request is at least a poll of its connection's task.
    assert!(telemetry.events >= telemetry.requests - telemetry.lost, "{telemetry:?}");
    assert!(telemetry.bytes / telemetry.requests <= 35.0, "{telemetry:?}");
    assert!(telemetry.bytes / telemetry.events <= 12.0, "{telemetry:?}");
}

#[test]
fn the_script_says_how_it_is_called() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/compare_overhead.sh");
    for wrong in ["0", "ten", "-1"] {
        let output = Command::new("bash").arg(script).arg(wrong).output().expect("there is a shell");
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("[duration_secs]"));
    }
}
