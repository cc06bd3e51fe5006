//! Requests that were slow, and what they spent their time on.

use super::super::super::times::duration;
use super::super::Analysis;
use super::super::spans::{Slow, Why};
use super::rules::{QUEUED_SPAN, SLOW_SPAN};
use super::{Finding, Number, Severity};

/// What is usual is known from so many.
const USUAL: u64 = 20;

pub(super) fn find(analysis: &Analysis, all: &mut Vec<Finding>) {
    for (name, of) in analysis.spans.longest_first() {
        // The one that was queued the longest may have been in a stall.
        all.extend(of.most_queued.iter().find_map(|(_, slow)| queued_span(analysis, name, slow)));
        let usual = of.durations.percentile(50);
        all.extend(
            of.slowest
                .first()
                .filter(|_| of.durations.count >= USUAL)
                .and_then(|(_, slow)| slow_span(analysis, name, usual, slow)),
        );
    }
}

/// Half of a span's time and ten bounds of waits were spent in queues.
fn queued_span(analysis: &Analysis, name: &str, slow: &Slow) -> Option<Finding> {
    let queued = slow.queued?;
    let stalled = analysis.stalls.within(slow.recording, slow.at, slow.at.saturating_add(slow.duration));
    let counted = queued.saturating_sub(stalled);
    (counted >= analysis.bounds.wait.0.saturating_mul(10) && counted >= slow.duration / 2).then(|| {
        let said = format!("of {} it waited {} for a worker", duration(slow.duration), duration(counted));
        finding(&QUEUED_SPAN, Severity::Warning, name, slow, said)
    })
}

/// It took a second and ten times what is usual.
fn slow_span(analysis: &Analysis, name: &str, usual: u64, slow: &Slow) -> Option<Finding> {
    let is_slow = slow.duration >= analysis.bounds.slow.0 && slow.duration >= usual.saturating_mul(10);
    is_slow.then(|| {
        let said = format!(
            "it took {}, half of them take {} or less; {}",
            duration(slow.duration),
            duration(usual),
            explained(slow)
        );
        finding(&SLOW_SPAN, Severity::Info, name, slow, said)
    })
}

fn finding(rule: &'static super::Rule, severity: Severity, name: &str, slow: &Slow, said: String) -> Finding {
    let mut numbers = vec![("duration", Number::Nanos(slow.duration))];
    for (what, nanos) in [("busy", slow.busy), ("idle", slow.idle), ("queued", slow.queued)] {
        numbers.extend(nanos.map(|nanos| (what, Number::Nanos(nanos))));
    }
    let (place, subject) = (slow.place.clone(), name.to_owned());
    Finding { rule, severity, recording: slow.recording, at: slow.at, place, subject, said, numbers }
}

/// What a span spent its time on, as a sentence.
pub(crate) fn explained(slow: &Slow) -> String {
    let of = |nanos: Option<u64>| duration(nanos.unwrap_or(0));
    match (slow.why(), &slow.child) {
        (Why::Queued, _) => format!("{} of that it waited for a worker", of(slow.queued)),
        (Why::Child, Some((nanos, name))) => format!("{} of that were in `{name}`", duration(*nanos)),
        (Why::Busy, _) => format!("{} of that it computed or blocked", of(slow.busy)),
        (Why::Waiting, _) => format!("{} of that it waited for something that has no span", of(slow.idle)),
        _ => "nothing within it says why".to_owned(),
    }
}
