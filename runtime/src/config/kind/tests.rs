use tracing_subscriber::filter::{LevelFilter, Targets};

use super::*;

#[test]
fn filters_are_levels_and_targets() {
    let filter = Filter::parse(" INFO , my_crate=debug,,other::module = off, third ,").unwrap();
    let expected = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("my_crate", LevelFilter::DEBUG)
        .with_target("other::module", LevelFilter::OFF)
        .with_target("third", LevelFilter::TRACE);
    assert_eq!(filter, expected);
}

#[test]
fn a_comma_at_the_end_does_not_silence_the_log() {
    // To `Targets` itself the empty directive is "error".
    assert_eq!(Filter::parse("info,").unwrap(), Targets::new().with_default(LevelFilter::INFO));
    assert!(Filter::parse("my_crate=").is_err());
}

#[test]
fn a_filter_by_fields_or_spans_is_refused_by_name() {
    for text in ["info,a[{b}]=debug", "a[span]=debug", "a[{b=\"c\"}]=info"] {
        let reason = Filter::parse(text).unwrap_err();
        assert!(reason.contains("can't be filtered by"), "{reason}");
    }
    let reason = Filter::parse("info,my_crate=loud").unwrap_err();
    assert!(reason.contains("`my_crate=loud`") && reason.contains("`trace`"), "{reason}");
    assert!(Filter::parse("=info").unwrap_err().contains("no target"));
}

#[test]
fn a_target_that_is_nearly_a_level_is_remarked_on() {
    let remark = Filter::remark("inof,my_crate=debug").unwrap();
    assert!(remark.contains("`inof`") && remark.contains("`info`"), "{remark}");
    assert!(Filter::remark("warning").unwrap().contains("`warn`"));
    for fine in ["info", "DEBUG", "my_crate", "inf", "inof=debug", "hyper,tower"] {
        assert_eq!(Filter::remark(fine), None, "{fine}");
    }
}

#[test]
fn switches_know_the_usual_words_and_opentelemetrys_only_its_own() {
    for (text, value) in [("true", true), ("ON", true), ("1", true), ("No", false), ("off", false)] {
        assert_eq!(Switch::parse(text), Ok(value));
    }
    assert!(Switch::parse("t").is_err());
    assert_eq!(StandardSwitch::parse("True"), Ok(true));
    assert!(StandardSwitch::parse("1").is_err());
}
