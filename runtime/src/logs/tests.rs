mod patterns;
mod programs;

use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Value, json};
use spanwright_core::ids::{SpanId, TraceId};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

fn lines(format: LogFormat) -> Lines {
    let clock = || UNIX_EPOCH + Duration::new(1_760_178_645, 123_456_789);
    let output = Output::Kept(Arc::default());
    Lines { format, pattern: None, colours: false, keys: JsonKeys::default(), clock, output }
}

/// What `log` writes, write by write.
fn written(lines: Lines, filter: &str, log: impl FnOnce()) -> Vec<String> {
    let Output::Kept(kept) = &lines.output else { panic!("{lines:?}") };
    let kept = Arc::clone(kept);
    let logging = Logging::new(config::parse::<config::Filter>(filter).unwrap());
    logging.set_lines(lines);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(&logging)), log);
    let writes = kept.lock().unwrap();
    writes.iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect()
}

/// The one line that `log` writes, as JSON.
fn line(log: impl FnOnce()) -> Value {
    let writes = written(lines(LogFormat::Json), "trace", log);
    assert_eq!(writes.len(), 1, "one event is one write: {writes:?}");
    assert_eq!(writes[0].matches('\n').count(), 1, "one event is one line: {writes:?}");
    assert!(writes[0].ends_with("}\n"));
    serde_json::from_str(&writes[0]).unwrap()
}

fn pretty(log: impl FnOnce()) -> String {
    written(lines(LogFormat::Pretty), "trace", log).concat()
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
fn keys_are_in_the_order_in_which_people_read_them() {
    let error = Outer(io::Error::other("disk full"));
    let log = || {
        in_span(
            || tracing::error!(target: "shop", error = &error as &(dyn Error + 'static), items = 3, "not saved"),
        );
    };
    let expected = concat!(
        r#"{"timestamp":"2025-10-11T10:30:45.123456Z","level":"ERROR","target":"shop","message":"not saved","#,
        r#""fields":{"error":"the order was not saved: disk full","items":3},"#,
        r#""exception":{"message":"the order was not saved","causes":["disk full"]},"#,
        r#""span":{"trace_id":"00000000000000010000000000000002","span_id":"0000000000000003"}}"#,
        "\n"
    );
    assert_eq!(written(lines(LogFormat::Json), "trace", log), [expected]);
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

#[derive(Debug, thiserror::Error)]
#[error("the order was not saved")]
struct Outer(#[source] io::Error);

#[test]
fn an_error_is_written_with_its_causes() {
    let error = Outer(io::Error::other("disk full"));
    let logged = line(|| tracing::error!(error = &error as &(dyn Error + 'static), "failed"));
    assert_eq!(logged["fields"]["error"], "the order was not saved: disk full");
    assert_eq!(logged["message"], "failed");
    let expected = json!({"message": "the order was not saved", "causes": ["disk full"]});
    assert_eq!(logged["exception"], expected);
    let text = line(|| tracing::error!(error = %error, "failed"));
    assert_eq!(text.get("exception"), None, "text has no causes");
}

#[test]
fn a_chain_of_causes_that_has_no_end_is_cut() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Self)
        }
    }
    let logged = line(|| tracing::error!(error = &Endless as &(dyn Error + 'static)));
    assert_eq!(logged["exception"]["causes"].as_array().unwrap().len(), 31);
}

#[test]
fn keys_are_called_as_is_said() {
    let keys =
        config::parse::<config::JsonKeyList>("target=logger, level=severity,trace_id=dd.trace_id").unwrap();
    let log = || in_span(|| tracing::info!(target: "shop", n = 1, "hi"));
    let logged = written(Lines { keys, ..lines(LogFormat::Json) }, "trace", log).concat();
    let expected = json!({
        "timestamp": "2025-10-11T10:30:45.123456Z", "severity": "INFO", "logger": "shop", "message": "hi",
        "fields": {"n": 1},
        "span": {"dd.trace_id": "00000000000000010000000000000002", "span_id": "0000000000000003"},
    });
    assert_eq!(serde_json::from_str::<Value>(&logged).unwrap(), expected);
    for (bad, reason) in [
        ("targt=logger", "did you mean `target`?"),
        ("target", "`target` has no `=`"),
        ("target=", "`target` gets no name"),
        ("target=level", "two keys are called `level`"),
        ("trace_id=name", "two keys are called `name`"),
    ] {
        let told = config::parse::<config::JsonKeyList>(bad).unwrap_err();
        assert!(told.contains(reason), "{bad}: {told}");
    }
}

#[test]
fn of_a_field_that_is_there_twice_the_last_value_holds() {
    let logged =
        written(lines(LogFormat::Json), "trace", || tracing::info!(a = 1, b = 2, a = 3, "twice")).concat();
    assert!(logged.contains(r#""fields":{"a":3,"b":2}"#), "{logged}");
}

#[test]
fn the_filter_can_be_changed_and_a_bad_one_changes_nothing() {
    let kept = Arc::default();
    let logging = Logging::new(TargetLevels::of(LevelFilter::INFO));
    logging.set_lines(Lines { output: Output::Kept(Arc::clone(&kept)), ..lines(LogFormat::Pretty) });
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer(&logging)), || {
        let log = || tracing::debug!(target: "shop.store.sqlite", "heard");
        log();
        logging.set_levels(config::parse::<config::Filter>("info,shop.store=debug").unwrap());
        tracing_core::callsite::rebuild_interest_cache();
        log();
        logging.set_levels(config::parse::<config::Filter>("info,shop.stores=debug").unwrap());
        tracing_core::callsite::rebuild_interest_cache();
        log();
    });
    assert_eq!(kept.lock().unwrap().len(), 1);
    let error = set_filter("info,shop=loud").unwrap_err().to_string();
    assert!(error.starts_with("the filter is not a list of levels and targets"), "{error}");
    assert!(error.contains("`shop=loud` has no level"), "{error}");
}

#[test]
fn a_value_that_logs_while_it_is_formatted_does_no_harm() {
    struct Logs;
    impl fmt::Debug for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!("within");
            f.write_str("value")
        }
    }
    let logged = written(lines(LogFormat::Json), "trace", || tracing::info!(value = ?Logs, "outer"));
    // In a subscriber that is only this thread's, `tracing` leaves out what is logged within.
    assert!(logged.len() == 1 && logged[0].contains("outer"), "{logged:?}");
}

proptest! {
    /// Whatever is logged, a line is one line of JSON that says what was logged.
    #[test]
    fn any_text_and_number_is_json(text in any::<String>(), name in any::<String>(), float in any::<f64>(), int in any::<i64>()) {
        let log = || tracing::warn!(text = %text, quoted = text.as_str(), debugged = ?name, float, int, "{name}");
        let logged = line(log);
        prop_assert_eq!(logged["fields"]["text"].as_str(), Some(text.as_str()));
        prop_assert_eq!(logged["fields"]["quoted"].as_str(), Some(text.as_str()));
        let debugged = format!("{name:?}");
        prop_assert_eq!(logged["fields"]["debugged"].as_str(), Some(debugged.as_str()));
        prop_assert_eq!(logged["message"].as_str(), Some(name.as_str()));
        prop_assert_eq!(logged["fields"]["int"].as_i64(), Some(int));
        match logged["fields"]["float"].as_f64() {
            Some(read) => prop_assert_eq!(read, float),
            None => prop_assert!(!float.is_finite()),
        }
        let pretty = pretty(log);
        prop_assert_eq!(pretty.lines().filter(|line| line.starts_with("2025-10-11T")).count(), 1, "{}", pretty);
    }
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
    let coloured = written(Lines { colours: true, ..lines(LogFormat::Pretty) }, "trace", log).concat();
    assert!(coloured.contains("\u{1b}[31mERROR\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn what_is_logged_forges_no_line_and_no_escape_sequence() {
    let hostile = "x\u{1b}[2J\r\n2025-10-11T10:30:45.123456Z ERROR shop: forged\u{7}\u{2028}2025 \u{202e}.";
    let text = pretty(|| tracing::info!(field = hostile, debugged = %hostile, "{hostile}"));
    assert!(!text.contains(['\u{1b}', '\r', '\u{7}', '\u{2028}', '\u{202e}']), "{text:?}");
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
    let lines = written(lines(LogFormat::Json), "info,b=debug,quiet=off", log);
    let messages: Vec<_> =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone()).collect();
    assert_eq!(messages, ["1", "3"]);
}

#[test]
fn the_layer_wants_no_span() {
    let enabled = std::cell::Cell::new(true);
    let lines = written(lines(LogFormat::Json), "trace", || {
        let span = tracing::error_span!("a", x = 1);
        enabled.set(!span.is_disabled());
        span.in_scope(|| tracing::info!("inside"));
    });
    assert_eq!((enabled.get(), lines.len()), (false, 1));
}

/// Lines that are logged beside recorded spans.
fn beside_spans<R>(format: LogFormat, log: impl FnOnce() -> R) -> (Vec<String>, R) {
    let kept = Arc::default();
    let logging = Logging::new(TargetLevels::of(LevelFilter::TRACE));
    logging.set_lines(Lines { output: Output::Kept(Arc::clone(&kept)), ..lines(format) });
    crate::span::set_active(true);
    let subscriber = tracing_subscriber::registry().with(crate::span::layer()).with(layer(&logging));
    let result = tracing::subscriber::with_default(crate::span::Answering::new(subscriber), log);
    let writes = kept.lock().unwrap();
    (writes.iter().map(|line| String::from_utf8(line.clone()).unwrap()).collect(), result)
}

fn parsed(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_has_the_ids_of_the_span_that_its_event_is_in() {
    let (lines, parent) = beside_spans(LogFormat::Json, || {
        let stated = tracing::info_span!("stated");
        let _current = tracing::info_span!("current").entered();
        tracing::info!(parent: &stated, "in the stated one");
        tracing::info!(parent: None, "in none");
        stated.in_scope(spanwright_core::context::Context::here)
    });
    let lines = parsed(&lines);
    assert_eq!(lines[0]["span"]["span_id"], parent.span_id.to_string());
    assert_eq!(lines[1]["span"], Value::Null);
}

#[crate::instrument(crate = crate, name = "charge", fields(amount = amount, method = "card"))]
fn charge(amount: u64) {
    tracing::info!("charging");
}

#[test]
fn a_line_has_the_open_spans_with_their_fields() {
    let log = || {
        let _query = tracing::info_span!("query", id = "stock", late = tracing::field::Empty).entered();
        tracing::Span::current().record("late", 2.5);
        tracing::info_span!("gone").in_scope(|| ());
        charge(7);
        tracing::info!("outer");
    };
    let (lines, ()) = beside_spans(LogFormat::Json, log);
    let lines = parsed(&lines);
    let query = json!({"name": "query", "fields": {"id": "stock", "late": 2.5}});
    let expected = json!([query, {"name": "charge", "fields": {"amount": 7, "method": "card"}}]);
    assert_eq!(lines[0]["spans"], expected);
    assert_eq!(lines[0]["span"]["name"], "charge");
    assert_eq!(lines[1]["spans"], json!([query]));
    let (lines, ()) = beside_spans(LogFormat::Pretty, log);
    assert!(
        lines[0].contains(" charging span=query{id=stock late=2.5}:charge{amount=7 method=card} trace_id="),
        "{lines:?}"
    );
}
