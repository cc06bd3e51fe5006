//! Golden vectors of each standard, and properties of all.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use spanwright_core::context::{DEBUG, UNDECIDED};
use spanwright_core::slots::SlotHandle;

use super::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const ALL: [Format; 5] = [Format::TraceContext, Format::Baggage, Format::B3, Format::B3Multi, Format::Jaeger];

type Pairs = Vec<(String, String)>;

fn read(format: Format, headers: &[(&str, &str)]) -> Context {
    extract_as(headers, [format].into_iter())
}

fn write(format: Format, context: Context) -> Pairs {
    let mut headers = Pairs::new();
    inject_as(context, &mut headers, [format].into_iter());
    headers
}

fn remote(flags: u16) -> Context {
    let trace_id = trace_id(u128::from_str_radix(TRACE, 16).unwrap());
    let span_id = SpanId(u64::from_str_radix(SPAN, 16).unwrap());
    Context { trace_id, span_id, flags: flags | REMOTE, ..Context::NONE }
}

fn pairs(of: &[(&str, &str)]) -> Pairs {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn state(of: &[(&str, &str)]) -> String {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let headers: Vec<_> = [("traceparent", &*parent)].iter().chain(of).copied().collect();
    let context = read(Format::TraceContext, &headers);
    assert!(context.is_sampled(), "whatever the state is");
    trace_state_of(context, carried::find(context.baggage).as_deref())
}

#[test]
fn a_trace_parent_is_read() {
    for (flags, means) in
        [("00", 0), ("01", SAMPLED), ("02", RANDOM), ("03", SAMPLED | RANDOM), ("fd", SAMPLED)]
    {
        let text = format!("00-{TRACE}-{SPAN}-{flags}");
        assert_eq!(read(Format::TraceContext, &[("TraceParent", &text)]), remote(means), "{text}");
    }
    let spaced = format!(" \t00-{TRACE}-{SPAN}-01\t ");
    assert_eq!(read(Format::TraceContext, &[("traceparent", &spaced)]), remote(SAMPLED));
    for later in [format!("cc-{TRACE}-{SPAN}-01"), format!("01-{TRACE}-{SPAN}-01-what the future says")] {
        assert_eq!(read(Format::TraceContext, &[("traceparent", &later)]), remote(SAMPLED), "{later}");
    }
}

#[test]
fn a_malformed_trace_parent_is_none() {
    let zeros = "0".repeat(32);
    for text in [
        String::new(),
        "00".to_owned(),
        format!("00-{TRACE}-{SPAN}"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-01-"),
        format!("00-{TRACE}-{SPAN}-01-more"),
        format!("00-{TRACE}-{SPAN}-001"),
        format!("01-{TRACE}-{SPAN}-01more"),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("0-{TRACE}-{SPAN}-01"),
        format!(".0-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-{}-01", SPAN.to_uppercase()),
        format!("00-{TRACE}-{SPAN}-0A"),
        format!("00-{TRACE}-{SPAN}-+1"),
        format!("00-{zeros}-{SPAN}-01"),
        format!("00-{TRACE}-{}-01", &zeros[..16]),
        format!("00_{TRACE}_{SPAN}_01"),
        format!("00-{}ä-{SPAN}-01", &TRACE[..30]),
    ] {
        assert_eq!(read(Format::TraceContext, &[("traceparent", &text)]), Context::NONE, "{text:?}");
    }
    let text = format!("00-{TRACE}-{SPAN}-01");
    let twice = [("traceparent", &*text), ("Traceparent", &*text)];
    assert_eq!(read(Format::TraceContext, &twice), Context::NONE, "twice");
}

#[test]
fn the_trace_state_of_others_is_kept_in_its_order() {
    assert_eq!(
        state(&[("tracestate", "congo=t61,rojo=00f067aa0ba902b7")]),
        "congo=t61,rojo=00f067aa0ba902b7"
    );
    assert_eq!(
        state(&[("tracestate", " a=1 \t, \tb=2"), ("TraceState", ""), ("tracestate", "c@d=3")]),
        "a=1,b=2,c@d=3"
    );
    assert_eq!(state(&[("tracestate", "a=1,b=2,a=3")]), "a=1,b=2");
    let many = |count| (0..count).map(|at| format!("k{at}={at}")).collect::<Vec<_>>().join(",");
    assert_eq!(state(&[("tracestate", &many(32))]), many(32));
    assert_eq!(state(&[("tracestate", &many(33))]), "");
}

#[test]
fn a_malformed_trace_state_is_none_and_the_parent_stays() {
    let long = "z".repeat(257);
    for text in [
        "a",
        "a=",
        "=1",
        "A=1",
        "a =1",
        "a.b=1",
        "@a=1",
        "a=b=c",
        "a=ä",
        "a=\u{7f}",
        "a=1,b=",
        &format!("{long}=1"),
        &format!("a={long}"),
    ] {
        assert_eq!(state(&[("tracestate", text)]), "", "{text:?}");
        assert_eq!(state(&[("tracestate", "good=1"), ("tracestate", text)]), "", "{text:?}");
    }
    let alone = read(Format::TraceContext, &[("tracestate", "a=1")]);
    assert_eq!(alone, Context::NONE, "without a parent");
}

#[test]
fn of_too_long_a_trace_state_the_long_members_go_first() {
    let member = |key: &str, length| format!("{key}={}", "v".repeat(length));
    let all = [member("a", 100), member("b", 200), member("c", 100), member("d", 100), member("e", 100)];
    let kept = [&*all[0], &all[2], &all[3], &all[4]].join(",");
    assert_eq!(state(&[("tracestate", &all.join(","))]), kept);
    let short: Vec<_> = (0..8).map(|at| member(&format!("k{at}"), 90)).collect();
    assert_eq!(state(&[("tracestate", &short.join(","))]), short[..5].join(","));
}

#[test]
fn our_member_comes_first() {
    assert_eq!(trace_state::joined("ot=th:c", ""), "ot=th:c");
    assert_eq!(trace_state::joined("", "a=1"), "a=1");
    assert_eq!(
        trace_state::joined("ot=th:c", "a=1,ot=th:8;rv:9b8233f7e3a151,b=2"),
        "ot=th:c;rv:9b8233f7e3a151,a=1,b=2"
    );
    let many = (0..32).map(|at| format!("k{at}={at}")).collect::<Vec<_>>().join(",");
    let joined = trace_state::joined("ot=th:c", &many);
    assert!(joined.starts_with("ot=th:c,k0=0,") && joined.ends_with(",k30=30"), "{joined}");
}

#[test]
fn a_trace_state_stays_with_its_trace() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let headers = [("traceparent", &*parent), ("tracestate", "a=1"), ("baggage", "k=v")];
    let context = extract(&headers);
    let other = Context { trace_id: TraceId::random(), ..context };
    let mut out = Pairs::new();
    inject_as(other, &mut out, ALL.into_iter().take(2));
    assert_eq!(out.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["traceparent", "baggage"]);
}

#[test]
fn b3_is_read_and_written() {
    for (text, means) in [
        (format!("{TRACE}-{SPAN}-1"), SAMPLED),
        (format!("{TRACE}-{SPAN}-0"), 0),
        (format!("{TRACE}-{SPAN}-d"), SAMPLED | DEBUG),
        (format!("{TRACE}-{SPAN}"), UNDECIDED),
    ] {
        assert_eq!(read(Format::B3, &[("b3", &text)]), remote(means), "{text}");
        assert_eq!(write(Format::B3, remote(means)), pairs(&[("b3", &text)]));
    }
    let with_parent = format!("{TRACE}-{SPAN}-1-05e3ac9a4f6e3b90");
    assert_eq!(read(Format::B3, &[("b3", &with_parent)]), remote(SAMPLED));
    let short = read(Format::B3, &[("b3", &format!("a3ce929d0e0e4736-{SPAN}-1"))]);
    assert_eq!(short.trace_id.to_string(), "0000000000000000a3ce929d0e0e4736");
    for text in [
        "",
        "0",
        "1",
        "d",
        TRACE,
        &format!("{TRACE}-{SPAN}-2"),
        &format!("{TRACE}-{SPAN}-1-x"),
        &format!("{TRACE}-{SPAN}-1-{SPAN}-x"),
        &format!("{SPAN}0-{SPAN}-1"),
        &format!("{}-{SPAN}-1", "0".repeat(32)),
        &format!("{TRACE}-{}-1", "0".repeat(16)),
        &format!("{TRACE}-ä7ad6b716920333-1"),
    ] {
        assert_eq!(read(Format::B3, &[("b3", text)]), Context::NONE, "{text:?}");
    }
}

#[test]
fn b3_in_several_headers_is_read_and_written() {
    let ids = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN)];
    for (more, means) in [
        (&[("x-b3-sampled", "1")][..], SAMPLED),
        (&[("x-b3-sampled", "0")], 0),
        (&[("x-b3-flags", "1")], SAMPLED | DEBUG),
        (&[], UNDECIDED),
    ] {
        let headers: Vec<_> = ids.iter().chain(more).copied().collect();
        assert_eq!(read(Format::B3Multi, &headers), remote(means), "{headers:?}");
        assert_eq!(read(Format::B3, &headers), remote(means), "either reads both");
        assert_eq!(write(Format::B3Multi, remote(means)), pairs(&headers));
    }
    let old = [("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN), ("X-B3-Sampled", "true")];
    assert_eq!(read(Format::B3Multi, &old), remote(SAMPLED));
    let single = format!("{TRACE}-{SPAN}-0");
    let both: Vec<_> = old.iter().copied().chain([("b3", &*single)]).collect();
    assert_eq!(read(Format::B3Multi, &both), remote(0), "the single header is the first");
    assert_eq!(read(Format::B3Multi, &ids[..1]), Context::NONE);
    assert_eq!(read(Format::B3Multi, &[ids[0], ids[1], ("x-b3-sampled", "perhaps")]), Context::NONE);
}

#[test]
fn jaegers_header_is_read_and_written() {
    for (flags, means) in [("0", 0), ("1", SAMPLED), ("3", SAMPLED | DEBUG)] {
        let text = format!("{TRACE}:{SPAN}:0:{flags}");
        assert_eq!(read(Format::Jaeger, &[("Uber-Trace-Id", &text)]), remote(means), "{text}");
        assert_eq!(write(Format::Jaeger, remote(means)), pairs(&[("uber-trace-id", &text)]));
        let encoded = text.replace(':', "%3A");
        assert_eq!(read(Format::Jaeger, &[("uber-trace-id", &encoded)]), remote(means), "{encoded}");
    }
    let short = read(Format::Jaeger, &[("uber-trace-id", "af:1:0:01")]);
    assert_eq!((short.trace_id.low, short.span_id.0, short.is_sampled()), (0xaf, 1, true));
    for text in [
        "",
        "af:1:0",
        "af:1:0:1:1",
        "0:1:0:1",
        "af:0:0:1",
        "af:x:0:1",
        "af:1:0:",
        "af:1:0:100",
        ":1:0:1",
        &format!("{TRACE}0:1:0:1"),
        &format!("af:{SPAN}0:0:1"),
    ] {
        assert_eq!(read(Format::Jaeger, &[("uber-trace-id", text)]), Context::NONE, "{text:?}");
    }
}

#[test]
fn baggage_is_read_and_written() {
    let text = "key1=value1;property1;p2=v2,key2 = value2, key3=a%20%C3%A4%2C";
    let context = read(Format::Baggage, &[("Baggage", text), ("baggage", "k4=,key1=again")]);
    let baggage = Baggage::of(context);
    assert_eq!(
        baggage.iter().collect::<Vec<_>>(),
        [("key1", "again"), ("key2", "value2"), ("key3", "a ä,"), ("k4", "")]
    );
    assert_eq!(context.trace_id, TraceId::NONE);
    let out = "key1=again,key2=value2,key3=a%20%C3%A4%2C,k4=";
    assert_eq!(write(Format::Baggage, context), pairs(&[("baggage", out)]));
    let kept = read(Format::Baggage, &[("baggage", "k=1;property1 ; p2=v2")]);
    assert_eq!(write(Format::Baggage, kept), pairs(&[("baggage", "k=1;property1 ; p2=v2")]));
}

#[test]
fn malformed_members_of_baggage_are_left_out() {
    let read = |text| Baggage::of(read(Format::Baggage, &[("baggage", text)]));
    assert!(read("").is_empty() && read(",,;=,=x,k").is_empty());
    assert_eq!(read("a b=1,good=2,ä=3,k=ä").iter().collect::<Vec<_>>(), [("good", "2")]);
    assert_eq!(
        read("a=%,b=%4,c=%zz,d=%ff").iter().collect::<Vec<_>>(),
        [("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "\u{fffd}")]
    );
}

#[test]
fn baggage_has_bounds() {
    let many: Vec<_> = (0..100).map(|at| format!("k{at}={at}")).collect();
    assert_eq!(Baggage::of(read(Format::Baggage, &[("baggage", &many.join(","))])).len(), 64);
    let large = format!("a=1,b={},c=3", "x".repeat(10_000));
    assert_eq!(
        Baggage::of(read(Format::Baggage, &[("baggage", &large)])).iter().collect::<Vec<_>>(),
        [("a", "1")]
    );
    let mut baggage = Baggage::default();
    for at in 0..64 {
        baggage = baggage.with_text(&format!("k{at}"), &"v".repeat(100)).unwrap();
    }
    assert_eq!(baggage.clone().with_text("one-more", ""), Err(BaggageError::Full("one-more".into())));
    assert_eq!(baggage.clone().with_text("k1", &"ä".repeat(1_000)), Err(BaggageError::Full("k1".into())));
    assert_eq!(baggage.clone().with_text("a b", ""), Err(BaggageError::Key("a b".into())));
    let header = write(
        Format::Baggage,
        Context {
            baggage: {
                let _held = baggage.attach();
                Context::current().baggage
            },
            ..Context::NONE
        },
    );
    assert!(header[0].1.len() <= 8_192);
    assert_eq!(baggage.without("k1").with_text("k1", "back").unwrap().len(), 64);
}

#[test]
fn jaegers_baggage_is_headers() {
    let headers = [("Uberctx-tenant", "acme%20inc"), ("uberctx-", "x"), ("other", "y")];
    let context = read(Format::Jaeger, &headers);
    assert_eq!(Baggage::of(context).iter().collect::<Vec<_>>(), [("tenant", "acme inc")]);
    assert_eq!(write(Format::Jaeger, context), pairs(&[("uberctx-tenant", "acme%20inc")]));
}

#[test]
fn baggage_is_attached_and_taken_back() {
    let baggage = Baggage::default().with_text("k", "v").unwrap();
    {
        let _attached = baggage.attach();
        assert_eq!(Baggage::current(), baggage);
        let inner = Baggage::current().with_text("k", "w").unwrap();
        drop(inner.attach());
        assert_eq!(Baggage::current().get_text("k"), Some("v"));
    }
    assert!(Baggage::current().is_empty());
}

#[test]
fn redacted_attributes_are_redacted_in_baggage() {
    const IBAN: Attribute<str> = Attribute::new("iban").masked();
    const DROPPED: Attribute<i64> = Attribute::new("n").dropped();
    use crate::Attribute;
    let baggage = Baggage::default().with(IBAN, "DE89370400440532013000").unwrap().with(DROPPED, 1).unwrap();
    assert_eq!(baggage.iter().collect::<Vec<_>>(), [("iban", "********3000")]);
}

#[test]
fn the_last_format_that_makes_sense_decides() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let headers = [("traceparent", &*parent), ("uber-trace-id", "af:1:0:0"), ("b3", "nonsense")];
    let of = |formats: &[Format]| extract_as(&headers, formats.iter().copied()).trace_id;
    assert_eq!(of(&[Format::TraceContext, Format::Jaeger, Format::B3]).low, 0xaf);
    assert_eq!(of(&[Format::Jaeger, Format::TraceContext, Format::B3]).to_string(), TRACE);
    assert_eq!(of(&[]), TraceId::NONE);
}

#[test]
fn nothing_current_is_nothing_injected() {
    for format in ALL {
        assert_eq!(write(format, Context::NONE), []);
        assert_eq!(write(format, remote(SAMPLED).suppressed()), []);
    }
}

#[test]
fn in_a_dropped_trace_the_parent_is_a_new_one() {
    let dropped = Context { flags: RANDOM, slot: SlotHandle::NONE, ..remote(0) };
    let parent = |pairs: Pairs| {
        let remote = extract_as(&pairs, [Format::TraceContext].into_iter());
        assert_eq!(remote.trace_id, dropped.trace_id);
        assert!(!remote.is_sampled());
        remote.span_id
    };
    let (first, second) =
        (parent(write(Format::TraceContext, dropped)), parent(write(Format::TraceContext, dropped)));
    assert!(first != dropped.span_id && second != dropped.span_id && first != second);
    let recorded = Context { flags: RECORDED, ..dropped };
    assert_eq!(parent(write(Format::TraceContext, recorded)), dropped.span_id);
}

#[test]
fn maps_lists_and_closures_are_headers() {
    let text = format!("00-{TRACE}-{SPAN}-01");
    let _attached = remote(SAMPLED).attach();
    let mut map = HashMap::from([("TraceParent".to_owned(), "stale".to_owned())]);
    inject(&mut map);
    assert_eq!(map, HashMap::from([("traceparent".to_owned(), text.clone())]));
    assert_eq!(extract(&map), remote(SAMPLED));
    let mut sorted = BTreeMap::<String, String>::new();
    inject(&mut sorted);
    assert_eq!(extract(&sorted), remote(SAMPLED));
    let mut list = vec![("traceparent".to_owned(), "stale".to_owned())];
    inject(&mut list);
    assert_eq!(extract(&list), remote(SAMPLED));
    assert_eq!(extract(&list[..]), remote(SAMPLED));
    let mut set = HashMap::new();
    inject(&mut setter(|name: &str, value| set.insert(name.to_owned(), value)));
    assert_eq!(extract(&getter(|name| set.get(name))), remote(SAMPLED));
}

#[cfg(feature = "http")]
#[test]
fn headers_of_http_are_headers() {
    let mut headers = ::http::HeaderMap::new();
    headers.append("traceparent", "stale".parse().unwrap());
    headers.append("traceparent", "staler".parse().unwrap());
    {
        let _attached = remote(SAMPLED).attach();
        inject(&mut headers);
    }
    headers.append("tracestate", ::http::HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(extract(&headers), remote(SAMPLED));
}

#[cfg(feature = "tonic")]
#[test]
fn metadata_of_tonic_is_headers() {
    let mut metadata = ::tonic::metadata::MetadataMap::new();
    metadata.append("traceparent", "stale".parse().unwrap());
    {
        let _attached = remote(SAMPLED).attach();
        inject(&mut metadata);
    }
    assert_eq!(extract(&metadata), remote(SAMPLED));
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("traceparent".to_owned()),
        Just("tracestate".to_owned()),
        Just("baggage".to_owned()),
        Just("b3".to_owned()),
        Just("x-b3-traceid".to_owned()),
        Just("x-b3-spanid".to_owned()),
        Just("x-b3-sampled".to_owned()),
        Just("uber-trace-id".to_owned()),
        "(?s)(uberctx-)?.{0,12}",
    ]
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,200}",
        "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,3})?",
        "[0-9a-f]{16,32}-[0-9a-f]{16}(-[01d])?",
        "[0-9a-f]{1,32}:[0-9a-f]{1,16}:[0-9a-f]{0,16}:[0-9a-f]{1,2}",
        "([a-z0-9@%]{1,9} ?=[ -~]{0,30}[,;]?){0,40}",
    ]
}

proptest! {
    /// Whatever comes, and what is made of it is valid.
    #[test]
    fn anything_may_come(headers in prop::collection::vec((any_name(), any_value()), 0..8)) {
        let context = extract_as(&headers, ALL.into_iter());
        let _attached = context.attach();
        let mut out = Pairs::new();
        inject_as(context, &mut out, ALL.into_iter());
        for (name, value) in &out {
            prop_assert!(value.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t')), "{name}: {value:?}");
            prop_assert!(value.len() <= 8_192);
        }
        // It comes back as it went.
        let again = extract_as(&out, ALL.into_iter());
        prop_assert_eq!(again.trace_id, context.trace_id);
        prop_assert_eq!(again.span_id, context.span_id);
        prop_assert_eq!(again.is_sampled(), context.is_sampled());
        // Jaeger's has no properties.
        let (again, before) = (Baggage::of(again), Baggage::of(context));
        prop_assert_eq!(again.iter().collect::<Vec<_>>(), before.iter().collect::<Vec<_>>());
    }

    #[test]
    fn ids_go_there_and_back(high in 1_u64.., low: u64, span in 1_u64.., sampled: bool, random: bool) {
        let flags = if sampled { SAMPLED } else { 0 } | if random { RANDOM } else { 0 } | REMOTE;
        let context = Context { trace_id: TraceId { high, low }, span_id: SpanId(span), flags, ..Context::NONE };
        for format in [Format::TraceContext, Format::B3, Format::B3Multi, Format::Jaeger] {
            let read = extract_as(&write(format, context), [format].into_iter());
            let random = if format == Format::TraceContext { RANDOM } else { 0 };
            prop_assert_eq!(read, Context { flags: flags & (SAMPLED | REMOTE | random), ..context });
        }
    }

    #[test]
    fn baggage_goes_there_and_back(members in prop::collection::vec(("[a-z]{1,8}", "(?s).{0,40}"), 0..20)) {
        let mut baggage = Baggage::default();
        for (key, value) in &members {
            baggage = baggage.with_text(key, value).unwrap();
        }
        let _attached = baggage.attach();
        for format in [Format::Baggage, Format::Jaeger] {
            let read = extract_as(&write(format, Context::here()), [format].into_iter());
            prop_assert_eq!(&Baggage::of(read), &baggage);
        }
    }
}
