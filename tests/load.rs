//! `shop --load`: real requests, and a summary from the shop's own metrics.

use crate::backends::{OtlpReceiver, or_skip};
use crate::shop::Shop;

/// The numbers of a line that starts with this word.
#[track_caller]
fn numbers(text: &str, start: &str) -> Vec<f64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no `{start}` in:\n{text}"));
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_load_ends_with_a_summary() {
    let ended = Shop::start().arg("--load").arg("--seconds").arg("3").run();
    assert!(ended.status.success(), "{}", ended.status);
    for second in 1..=3 {
        assert!(
            ended.stdout.contains(&format!("{second} s ")),
            "no progress at {second} s:\n{}",
            ended.stdout
        );
    }
    let all = numbers(&ended.stdout, "all ");
    let [requests, errors, p50, p99] = all[..] else {
        panic!("{all:?} are not four numbers:\n{}", ended.stdout)
    };
    assert!(requests > 50.0 && errors > 0.0 && errors < requests, "{}", ended.stdout);
    assert!(p50 > 0.0 && p50 <= p99, "{}", ended.stdout);
    // The metrics missed nothing that the clients saw.
    assert_eq!(numbers(&ended.stdout, "The clients"), [requests]);
}

#[test]
fn the_load_is_exported_where_an_endpoint_is_set() {
    let Some(receiver) = or_skip(OtlpReceiver::start()) else { return };
    let ended = Shop::start().export_to(&receiver.endpoint).arg("--load").arg("--seconds=2").run();
    assert!(ended.status.success(), "{}\n{}", ended.status, ended.stderr);
    let roots = receiver
        .spans()
        .iter()
        .filter(|span| span.parent.is_empty() && span.name.contains("/orders"))
        .count();
    // Nothing was dropped: as many roots as requests.
    assert_eq!(numbers(&ended.stdout, "The clients"), [roots as f64], "{}", ended.stderr);
}
