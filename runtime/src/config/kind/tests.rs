use proptest::prelude::*;
use tracing_core::LevelFilter;

use super::*;
use crate::config::levels::TargetLevels;

#[test]
fn filters_are_levels_and_targets() {
    let filter = Filter::parse(" INFO , my_crate=debug,,other::module = off, third ,").unwrap();
    let expected = TargetLevels::default()
        .with_default(LevelFilter::INFO)
        .with_target("my_crate", LevelFilter::DEBUG)
        .with_target("other::module", LevelFilter::OFF)
        .with_target("third", LevelFilter::TRACE);
    assert_eq!(filter, expected);
}

#[test]
fn a_comma_at_the_end_does_not_silence_the_log() {
    // To `tracing-subscriber`'s `Targets` the empty directive is "error".
    assert_eq!(Filter::parse("info,").unwrap(), TargetLevels::default().with_default(LevelFilter::INFO));
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
fn a_filter_that_would_silence_the_log_by_a_slip_is_refused() {
    for (text, expected) in [
        (",", "it is empty; `off` is the word for nothing"),
        ("info my_crate=debug", "`info my_crate=debug`: no target has a space; write commas in between"),
        ("info debug", "`info debug`: no target has a space; write commas in between"),
        ("info,a\nb=debug", "`a\\nb=debug`: no target has a space; write commas in between"),
        ("a\u{0}b", "`a\\0b`: no target has a space; write commas in between"),
    ] {
        assert_eq!(Filter::parse(text).unwrap_err(), expected);
    }
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

#[test]
fn sizes_are_whole_numbers_of_powers_of_1024() {
    for (text, bytes) in [("4096", 4 << 10), ("5 KiB", 5 << 10), ("7m", 7 << 20), ("1TiB", 1 << 40)] {
        assert_eq!(FileBytes::parse(text), Ok(bytes), "{text}");
    }
}

proptest! {
    /// No text makes a reader panic, and what it says of a bad one is short and on one line.
    #[test]
    fn readers_take_any_text(text in "\\PC{0,40}|[a-z0-9:=/,.@%\\[\\] ]{0,60}|[0-9]{1,25} ?[a-zA-Z]{0,3}") {
        let reasons = [
            TraceExporters::parse(&text).err(),
            LogExporters::parse(&text).err(),
            SampleRules::parse(&text).err(),
            RingBytes::parse(&text).err(),
            FileBytes::parse(&text).err(),
            PerSecond::parse(&text).err(),
            Host::parse(&text).err(),
            BaseEndpoint::parse(&text).err(),
            Filter::parse(&text).err(),
        ];
        for reason in reasons.into_iter().flatten() {
            prop_assert!(reason.chars().count() < 400 && !reason.contains('\n'), "{}", reason);
        }
    }

    /// A rule that was written is read as it was meant.
    #[test]
    fn rules_survive_being_written(target in "[a-z]{1,8}(::[a-z]{1,8}){0,3}", ratio in 0.0..=1.0_f64) {
        let rules = SampleRules::parse(&format!("{target}={ratio}")).unwrap();
        prop_assert_eq!(rules.len(), 1);
        prop_assert!(rules[0].applies("", None, &target));
        prop_assert_eq!(rules[0].sampling.ratio, ratio);
    }
}
