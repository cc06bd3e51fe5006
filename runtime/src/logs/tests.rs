use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use spanwright_core::ids::{SpanId, TraceId};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<Vec<u8>>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn style(format: LogFormat) -> LogStyle {
    LogStyle { format, colours: false, clock: || UNIX_EPOCH + Duration::new(1_760_178_645, 123_456_789) }
}

/// What `log` writes, write by write.
fn written(style: LogStyle, filter: &str, log: impl FnOnce()) -> Vec<String> {
    let (output, filter) =
        (Output::default(), crate::config::parse::<crate::config::Filter>(filter).unwrap());
    let writer = output.clone();
    let layer = layer(style, filter, move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    let writes = output.0.lock().unwrap();
    writes.iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect()
}

/// The one line that `log` writes, as JSON.
fn line(log: impl FnOnce()) -> Value {
    let writes = written(style(LogFormat::Json), "trace", log);
    assert_eq!(writes.len(), 1, "one event is one write: {writes:?}");
    assert_eq!(writes[0].matches('\n').count(), 1, "one event is one line: {writes:?}");
    assert!(writes[0].ends_with("}\n"));
    serde_json::from_str(&writes[0]).unwrap()
}

fn pretty(log: impl FnOnce()) -> String {
    written(style(LogFormat::Pretty), "trace", log).concat()
}

fn in_span<R>(run: impl FnOnce() -> R) -> R {
    let context = spanwright_core::context::Context {
        trace_id: TraceId { high: 1, low: 2 },
        span_id: SpanId(3),
        ..spanwright_core::context::Context::NONE
    };
    let _current = context.attach();
    run()
}

#[test]
fn a_json_line_has_the_documented_shape() {
    let line = line(|| tracing::info!(target: "shop::cart", items = 3_u64, user = "ann", "put \"it\" in"));
    let expected = json!({
        "timestamp": "2025-10-11T10:30:45.123456Z",
        "level": "INFO",
        "target": "shop::cart",
        "message": "put \"it\" in",
        "fields": {"items": 3, "user": "ann"},
    });
    assert_eq!(line, expected);
}

#[test]
fn fields_keep_their_types() {
    let error = io::Error::other("disk full");
    let line = line(|| {
        tracing::warn!(
            yes = true,
            minus = -1,
            large = u64::MAX,
            half = 0.5,
            nan = f64::NAN,
            infinite = f64::NEG_INFINITY,
            text = "a\nb",
            debugged = ?Some(1),
            displayed = %1.5,
            error = &error as &(dyn Error + 'static),
            r#type = "raw",
            wide = i128::MAX,
        );
    });
    let expected = json!({
        "yes": true, "minus": -1, "large": u64::MAX, "half": 0.5, "nan": "NaN", "infinite": "-inf", "text": "a\nb",
        "debugged": "Some(1)", "displayed": "1.5", "error": "disk full", "type": "raw",
        "wide": i128::MAX.to_string(),
    });
    assert_eq!(line["fields"], expected);
    assert_eq!(line["message"], "disk full", "an event without a message says its error");
}

#[test]
fn an_error_is_written_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("the order was not saved")]
    struct Outer(#[source] io::Error);
    let error = Outer(io::Error::other("disk full"));
    let line = line(|| tracing::error!(error = &error as &(dyn Error + 'static), "failed"));
    assert_eq!(line["fields"]["error"], "the order was not saved: disk full");
}

#[test]
fn lines_in_a_span_carry_its_ids() {
    let outside = line(|| tracing::info!("outside"));
    assert!(outside.get("span").is_none());
    let inside = line(|| in_span(|| tracing::info!("inside")));
    assert_eq!(inside["span"]["trace_id"], "00000000000000010000000000000002");
    assert_eq!(inside["span"]["span_id"], "0000000000000003");
    let text = pretty(|| in_span(|| tracing::info!("inside")));
    let ids = "trace_id=00000000000000010000000000000002 span_id=0000000000000003\n";
    assert!(text.ends_with(ids), "{text}");
}

#[test]
fn a_pretty_line_reads_from_left_to_right() {
    let text = pretty(
        || tracing::info!(target: "shop", n = 2, one = "word", two = "two words", at = ?Some("x"), "hi"),
    );
    assert_eq!(
        text,
        "2025-10-11T10:30:45.123456Z  INFO shop: hi n=2 one=word two=\"two words\" at=Some(\"x\")\n"
    );
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let log = || tracing::error!("x");
    assert!(!pretty(log).contains('\u{1b}'));
    let coloured = written(LogStyle { colours: true, ..style(LogFormat::Pretty) }, "trace", log).concat();
    assert!(coloured.contains("\u{1b}[31mERROR\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn what_is_logged_forges_no_line_and_no_escape_sequence() {
    let hostile = "x\u{1b}[2J\r\n2025-10-11T10:30:45.123456Z ERROR shop: forged\u{7}";
    let text = pretty(|| tracing::info!(field = hostile, debugged = %hostile, "{hostile}"));
    assert!(!text.contains(['\u{1b}', '\r', '\u{7}']), "{text:?}");
    let starts = text.lines().filter(|line| line.starts_with("2025")).count();
    assert_eq!(starts, 1, "{text:?}");
    line(|| tracing::info!(field = hostile, debugged = %hostile, "{hostile}"));
}

#[test]
fn a_value_whose_debug_fails_does_no_harm() {
    struct Fails;
    impl fmt::Debug for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("so far")?;
            Err(fmt::Error)
        }
    }
    assert_eq!(line(|| tracing::info!(value = ?Fails, "m"))["fields"]["value"], "so far");
}

#[test]
fn the_filter_decides_by_target_and_level() {
    let log = || {
        tracing::info!(target: "a", "1");
        tracing::debug!(target: "a", "2");
        tracing::debug!(target: "b::c", "3");
        tracing::error!(target: "quiet", "4");
    };
    let lines = written(style(LogFormat::Json), "info,b=debug,quiet=off", log);
    let messages: Vec<_> =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone()).collect();
    assert_eq!(messages, ["1", "3"]);
}

#[test]
fn the_layer_wants_no_span() {
    let enabled = std::cell::Cell::new(true);
    let lines = written(style(LogFormat::Json), "trace", || {
        let span = tracing::error_span!("a", x = 1);
        enabled.set(!span.is_disabled());
        span.in_scope(|| tracing::info!("inside"));
    });
    assert_eq!((enabled.get(), lines.len()), (false, 1));
}

#[test]
fn a_line_has_the_ids_of_the_span_that_its_event_is_in() {
    let (output, filter) =
        (Output::default(), crate::config::parse::<crate::config::Filter>("trace").unwrap());
    let writer = output.clone();
    let layer = layer(style(LogFormat::Json), filter, move || writer.clone());
    crate::span::set_active(true);
    let subscriber = tracing_subscriber::registry().with(crate::span::layer()).with(layer);
    let parent = tracing::subscriber::with_default(crate::span::Answering::new(subscriber), || {
        let stated = tracing::info_span!("stated");
        let _current = tracing::info_span!("current").entered();
        tracing::info!(parent: &stated, "in the stated one");
        tracing::info!(parent: None, "in none");
        stated.in_scope(spanwright_core::context::Context::here)
    });
    let writes = output.0.lock().unwrap();
    let lines: Vec<Value> = writes.iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert_eq!(lines[0]["span"]["span_id"], parent.span_id.to_string());
    assert_eq!(lines[1]["span"], Value::Null);
}
