//! Lines as a pattern says.

use super::*;

/// The lines that `log` writes in the text of a pattern.
fn patterned(pattern: &str, log: impl FnOnce()) -> String {
    let pattern = Some(config::parse::<config::LogPatterns>(pattern).unwrap());
    written(Lines { pattern, ..lines(LogFormat::Json) }, "trace", log).concat()
}

#[test]
fn a_line_is_the_text_of_a_pattern() {
    let log = || {
        tracing::warn!(target: "shop.db", attempts = 2, at = "a b", "slow");
        in_span(|| tracing::info!(target: "shop", "inside"));
    };
    assert_eq!(
        patterned("{timestamp} - {target} - {level} - {message}", log),
        "2025-10-11T10:30:45.123456Z - shop.db - WARN - slow\n\
         2025-10-11T10:30:45.123456Z - shop - INFO - inside\n"
    );
    assert_eq!(
        patterned("[{level}] {{trace_id}}={trace_id} span_id={span_id} - {message} {fields}", log),
        "[WARN] {trace_id}= span_id= - slow attempts=2 at=\"a b\"\n\
         [INFO] {trace_id}=00000000000000010000000000000002 span_id=0000000000000003 - inside\n"
    );
}

#[test]
fn a_pattern_that_cannot_be_read_is_named() {
    for (bad, reason) in [
        ("{mesage}", "there is no `{mesage}` among `{timestamp}`"),
        ("{mesage}", "did you mean `{message}`?"),
        ("{message", "a `{` has no `}`"),
        ("message}", "a `}` has no `{`"),
        ("{level}", "a line without `{message}` and `{fields}` says nothing"),
        ("{message}\nmore", "a line has no control characters"),
    ] {
        let told = config::parse::<config::LogPatterns>(bad).unwrap_err();
        assert!(told.contains(reason), "{bad}: {told}");
    }
}

#[test]
fn what_is_logged_forges_nothing_in_a_pattern_either() {
    let hostile = "x\u{1b}[2J\r\n2025-10-11T10:30:45.123456Z ERROR shop: forged\u{7}\u{2028}2025 \u{202e}.";
    let log = || tracing::info!(field = hostile, debugged = %hostile, "{hostile}");
    let text = patterned("{timestamp}  {level} {target}: {message} {fields}", log);
    assert_eq!(text, written(lines(LogFormat::Pretty), "trace", log).concat());
}
