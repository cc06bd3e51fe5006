//! What is wrong with the tasks of a place: they block, leak, wait in vain, panic.

use super::super::super::times::duration;
use super::super::Analysis;
use super::super::longest::Longest;
use super::super::places::{OfPlace, Silent};
use super::rules::{BLOCKING, LEAK, MISSED_WAKE, PANIC};
use super::{Finding, Number, Severity};

/// Polls that are long, but not very long: so many are a habit, if they are a twentieth of all.
const HABIT: u64 = 5;
/// A poll of so many bounds is an error, whoever else has to wait.
const STANDSTILL: u64 = 100;
/// Fewer tasks than this are no leak yet.
const LEAKED: u64 = 50;
/// Tasks that one is compared with: so many must have ended as they should.
const SIBLINGS: u64 = 20;
/// One that is silent for so many times as long as they were is not like them.
const LONGER: u64 = 20;

pub(super) fn find(analysis: &Analysis, all: &mut Vec<Finding>) {
    for of in analysis.tasks.places.iter() {
        all.extend(blocking(analysis, of));
        all.extend(panics(of));
        // What is missing may be the end of a task.
        if !analysis.is_torn && analysis.gaps.is_whole(of.recording) && analysis.tasks.unfollowed == 0 {
            all.extend(leak(analysis, of));
            all.extend(missed_wake(analysis, of));
        }
    }
}

/// One poll of ten times the bound, or a habit of polls beyond the bound.
fn blocking(analysis: &Analysis, of: &OfPlace) -> Option<Finding> {
    let bound = analysis.bounds.long.0;
    let is_habit = of.long >= HABIT && of.long.saturating_mul(20) >= of.polls.count;
    let (longest, worst) = of.worst.first().filter(|_| of.very_long > 0 || is_habit)?;
    if analysis.is_torn && analysis.blocking.hand_over(worst.recording) {
        return None;
    }
    let severity = if of.very_long > 0 { Severity::Error } else { Severity::Warning };
    let mut said = format!(
        "{} of {} polls took {} or more, the longest {}",
        of.long,
        of.polls.count,
        duration(bound),
        duration(*longest)
    );
    if worst.open {
        said.push_str(", in which the process died");
    }
    // The innermost annotated function is nearer to the culprit than the place that made the task.
    let mut place = &of.place;
    if let Some((span, at)) = &worst.span {
        said.push_str(&format!(", in `{span}`"));
        if !at.is_empty() {
            said.push_str(&format!(" at {at}; the task was spawned at {}", or_unknown(&of.place)));
            place = at;
        }
    }
    if *longest >= bound.saturating_mul(STANDSTILL) {
        said.push_str("; meanwhile its worker did nothing else");
    }
    let numbers = vec![
        ("polls", Number::Count(of.polls.count)),
        ("long", Number::Count(of.long)),
        ("longest", Number::Nanos(*longest)),
        ("sum", Number::Nanos(of.long_sum)),
        ("task", Number::Count(worst.task)),
    ];
    let (at, recording) = (worst.at, worst.recording);
    Some(Finding {
        rule: &BLOCKING,
        severity,
        recording,
        at,
        place: place.clone(),
        subject: of.said().to_owned(),
        said,
        numbers,
    })
}

fn panics(of: &OfPlace) -> Option<Finding> {
    let count = of.panicked();
    (count > 0).then(|| Finding {
        rule: &PANIC,
        severity: Severity::Warning,
        recording: of.recording,
        at: of.panicked_at,
        place: of.place.clone(),
        subject: of.said().to_owned(),
        said: format!("{count} of {} panicked", of.made + of.before),
        numbers: vec![("panicked", Number::Count(count)), ("made", Number::Count(of.made))],
    })
}

/// Not fewer tasks of a place at each quarter of the time and many more in the end, a quarter of which is silent then.
fn leak(analysis: &Analysis, of: &OfPlace) -> Option<Finding> {
    if of.place.is_empty() && of.name.is_empty() {
        return None;
    }
    let parts = analysis.series.parts;
    let alive = of.alive_over_time();
    let last = last_parts(analysis);
    // A runtime that ends cancels all of its tasks: what counts is what was there before.
    let in_the_end = alive[last..].iter().copied().max()?;
    let quarters = [1, 2, 3].map(|quarter| alive[(parts.count * quarter / 4).min(parts.count - 1)]);
    let [first, half, third] = quarters;
    // A process that did not run for a while makes no tasks meanwhile.
    let never_less = [first, half, third, in_the_end].is_sorted() && first < third;
    let grows = never_less && in_the_end.saturating_mul(2) >= half.saturating_mul(3);
    let quiet = of.quiet + of.quiet_cancels_from(last);
    if !grows || in_the_end < LEAKED || quiet < LEAKED / 2 || quiet < in_the_end / 4 {
        return None;
    }
    let example = of.silent.first().or_else(|| of.unheld.first()).map(|(_, silent)| silent);
    let time = analysis.time().max(1);
    let rate = in_the_end.saturating_sub(first) as f64 * 1e9 / (time as f64 * 0.75);
    let mut said = format!(
        "{in_the_end} tasks were alive in the end, {first} after a quarter of the time ({rate:.1} more each second); {quiet} of them were not heard of for {} or more",
        duration(analysis.bounds.silent.0)
    );
    said.push_str(&waits_at(example));
    let numbers = vec![
        ("alive", Number::Count(in_the_end)),
        ("alive_after_a_quarter", Number::Count(first)),
        ("silent", Number::Count(quiet)),
        ("made", Number::Count(of.made)),
        ("ended", Number::Count(of.ended.iter().sum())),
    ];
    let at = example.map_or(analysis.last, |silent| silent.since);
    let subject = of.said().to_owned();
    Some(Finding {
        rule: &LEAK,
        severity: Severity::Warning,
        recording: of.recording,
        at,
        place: of.place.clone(),
        subject,
        said,
        numbers,
    })
}

/// Nobody holds a task's waker; or it is silent for much longer than others of its place ever were, whom other tasks wake.
fn missed_wake(analysis: &Analysis, of: &OfPlace) -> Option<Finding> {
    let last = analysis.series.parts.start(last_parts(analysis));
    // Who was cancelled earlier was not left to wait for good.
    let counts = |silent: &Silent| silent.cancelled.is_none_or(|at| at >= last);
    let bound = analysis.bounds.silent.0;
    let worst = |list: &Longest<Silent>, bound: u64| -> (u64, Option<(u64, Silent)>) {
        let mut of = list.iter().filter(|(length, silent)| *length >= bound && counts(silent));
        let first = of.next().cloned();
        let count = u64::from(first.is_some()) + of.count() as u64;
        // Where all that are kept are like that, the others may be, too.
        (if count + list.more() == list.count { list.count } else { count }, first)
    };
    let (count, unheld) = worst(&of.unheld, bound);
    if let Some(silent) = unheld {
        let said = "its poll returned pending, and nobody holds its waker: it can't be woken";
        return Some(missed(of, Severity::Error, count, &silent, said));
    }
    let by_tasks = of.woken_by_tasks >= 19 * of.woken_by_others.max(1);
    let usual = of.silences.percentile(99);
    let (count, silent) = worst(&of.silent, bound.max(usual.saturating_mul(LONGER)));
    let silent =
        silent.filter(|_| by_tasks && of.silences.count >= SIBLINGS && count * 10 <= of.silences.count)?;
    let said = format!(
        "other tasks of this place were silent for {} at most, and were woken by tasks",
        duration(of.silences.max)
    );
    Some(missed(of, Severity::Warning, count, &silent, &said))
}

fn missed(
    of: &OfPlace,
    severity: Severity,
    count: u64,
    (length, silent): &(u64, Silent),
    why: &str,
) -> Finding {
    let several = if count > 1 { format!("; there are {count} of them") } else { String::new() };
    let said = format!(
        "task {} was not heard of for {}{}: {why}{several}",
        silent.task,
        duration(*length),
        waits_at(Some(silent))
    );
    Finding {
        rule: &MISSED_WAKE,
        severity,
        recording: of.recording,
        at: silent.since,
        place: of.place.clone(),
        subject: of.said().to_owned(),
        said,
        numbers: vec![
            ("task", Number::Count(silent.task)),
            ("silent", Number::Nanos(*length)),
            ("count", Number::Count(count)),
        ],
    }
}

/// From this part on a runtime may have been about to end: the last twentieth of the time, and in a short recording half the silence that is
/// looked at, but a quarter of the time at most.
fn last_parts(analysis: &Analysis) -> usize {
    let parts = analysis.series.parts;
    let silence = (analysis.bounds.silent.0 / 2 / parts.width).min(parts.count as u64 / 4) as usize;
    parts.count - (parts.count / 20).max(silence).max(1)
}

fn waits_at(silent: Option<&Silent>) -> String {
    match silent.and_then(|silent| silent.frames.first()) {
        Some(frame) => format!(", waiting at {frame}"),
        None => String::new(),
    }
}

fn or_unknown(place: &str) -> &str {
    if place.is_empty() { "a place that is not known" } else { place }
}
