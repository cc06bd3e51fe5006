//! What is wrong with the workers and queues of a runtime.

use std::collections::BTreeMap;

use spanwright_recording::event::Role;

use super::super::super::times::duration;
use super::super::Analysis;
use super::super::queues::{self, Samples};
use super::super::waits::OfRuntime;
use super::super::workers::Worker;
use super::rules::{IMBALANCE, POOL, QUEUE, STARVATION, WAIT};
use super::{Finding, Number, Severity};

/// Very long waits: so many are no accident, if they are a thousandth of all.
const SEVERAL: u64 = 3;
/// What is looked at must last so long.
const SECOND: u64 = 1_000_000_000;
/// A queue that has grown to this is long.
const LONG_QUEUE: u64 = 100;

pub(super) fn find(analysis: &Analysis, all: &mut Vec<Finding>) {
    // Who seems to wait may have been polled in what is missing.
    for of in analysis.waits.iter().filter(|_| !analysis.is_torn) {
        all.extend(starvation(analysis, of));
        all.extend(waits(analysis, of));
    }
    all.extend(idle_workers(analysis));
    imbalance(analysis, all);
    for (recording, of) in analysis.queues.iter() {
        all.extend(queue(analysis, recording, of));
    }
    all.extend(pool(analysis));
}

/// A task waited for ten bounds while another worker of its runtime was parked.
fn starvation(analysis: &Analysis, of: &OfRuntime) -> Option<Finding> {
    let (slept, wait) = of.slept.first().filter(|_| of.slept_long > 0)?;
    let place = analysis.tasks.places.get(wait.place);
    let said = format!(
        "task {} {} waited {} until {} polled it; meanwhile {} was parked for {}; {} times in all",
        wait.task,
        place.said(),
        duration(wait.length()),
        wait.thread,
        wait.sleeper,
        duration(*slept),
        of.slept_long,
    );
    let numbers = vec![
        ("slept", Number::Nanos(*slept)),
        ("waited", Number::Nanos(wait.length())),
        ("count", Number::Count(of.slept_long)),
        ("task", Number::Count(wait.task)),
    ];
    let (severity, recording, at) = (Severity::Error, wait.recording, wait.from);
    let subject = format!("runtime {}", of.name);
    Some(Finding {
        rule: &STARVATION,
        severity,
        recording,
        at,
        place: place.place.clone(),
        subject,
        said,
        numbers,
    })
}

/// A worker was parked while each look at the queues, for as long as ten bounds of waits, found tasks in them: who has waited is not known.
fn idle_workers(analysis: &Analysis) -> Option<Finding> {
    // The longest may be a stall, and others none.
    let judged = analysis.idle.found.iter().map(|(length, idle)| {
        let stalled = analysis.stalls.within(idle.recording, idle.at, idle.at.saturating_add(*length));
        (length.saturating_sub(stalled), idle)
    });
    let (length, idle) = judged.rev().max_by_key(|(length, _)| *length)?;
    // Where tasks are known that have waited, it is told of them.
    let is_told = analysis.waits.iter().any(|of| of.recording == idle.recording && of.slept_long > 0);
    (length >= analysis.bounds.wait.0.saturating_mul(10) && !is_told).then(|| Finding {
        rule: &STARVATION,
        severity: Severity::Error,
        recording: idle.recording,
        at: idle.at,
        place: String::new(),
        subject: idle.thread.clone(),
        said: format!(
            "it was parked for {} while up to {} tasks waited in queues",
            duration(length),
            idle.depth
        ),
        numbers: vec![("slept", Number::Nanos(length)), ("waiting", Number::Count(idle.depth))],
    })
}

/// Whether very long waits are more than an accident.
fn are_several(of: &OfRuntime) -> bool {
    of.very_long >= SEVERAL && of.very_long.saturating_mul(1000) >= of.all.count
}

/// Several waits of ten bounds, or one of a hundred.
fn waits(analysis: &Analysis, of: &OfRuntime) -> Option<Finding> {
    let bound = analysis.bounds.wait.0;
    let (longest, wait) = of.worst.first()?;
    if !are_several(of) && *longest < bound.saturating_mul(100) {
        return None;
    }
    let place = analysis.tasks.places.get(wait.place);
    let said = format!(
        "{} of {} waits took {} or more, half took {} or less; the longest was {}, of task {} {}",
        of.very_long,
        of.all.count,
        duration(bound.saturating_mul(10)),
        duration(of.all.percentile(50)),
        duration(*longest),
        wait.task,
        place.said(),
    );
    let numbers = vec![
        ("count", Number::Count(of.very_long)),
        ("p50", Number::Nanos(of.all.percentile(50))),
        ("p99", Number::Nanos(of.all.percentile(99))),
        ("longest", Number::Nanos(*longest)),
    ];
    let (severity, subject) = (Severity::Warning, format!("runtime {}", of.name));
    Some(Finding {
        rule: &WAIT,
        severity,
        recording: of.recording,
        at: wait.from,
        place: place.place.clone(),
        subject,
        said,
        numbers,
    })
}

/// What the threads did that were a worker, one after the other where one of them blocked in place.
#[derive(Debug)]
struct Seat<'w> {
    worker: u32,
    from: u64,
    to: u64,
    parked: u64,
    of: &'w Worker,
}

impl Seat<'_> {
    fn seen(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }

    /// How much of the time it was not parked, in percent.
    fn awake(&self) -> f64 {
        self.seen().saturating_sub(self.parked) as f64 * 100.0 / self.seen().max(1) as f64
    }
}

/// The workers of each runtime.
fn seats(analysis: &Analysis) -> BTreeMap<(u64, &str), Vec<Seat<'_>>> {
    let mut runtimes: BTreeMap<(u64, &str), Vec<Seat<'_>>> = BTreeMap::new();
    for ((recording, _), of) in analysis.workers.iter() {
        let (Some(runtime), Some(worker), Role::Worker) = (&of.runtime, of.worker, of.role) else { continue };
        let seats = runtimes.entry((*recording, runtime)).or_default();
        match seats.iter_mut().find(|seat| seat.worker == worker) {
            Some(seat) => {
                (seat.from, seat.to) = (seat.from.min(of.from), seat.to.max(of.to));
                seat.parked = seat.parked.saturating_add(of.parked);
            }
            None => seats.push(Seat { worker, from: of.from, to: of.to, parked: of.parked, of }),
        }
    }
    runtimes
}

/// A worker is awake for four fifths of the time and another for a fifth at most, while tasks have to wait.
fn imbalance(analysis: &Analysis, all: &mut Vec<Finding>) {
    for ((recording, runtime), seats) in seats(analysis) {
        // Which thread is which worker is not known where they change.
        if analysis.blocking.hand_over(recording) {
            continue;
        }
        let by_time = |one: &&Seat<'_>, other: &&Seat<'_>| one.awake().total_cmp(&other.awake());
        let (Some(busiest), Some(idlest)) = (seats.iter().max_by(by_time), seats.iter().min_by(by_time))
        else {
            continue;
        };
        let seen = seats.iter().map(Seat::seen).min().unwrap_or(0);
        if busiest.awake() < 80.0 || idlest.awake() > 20.0 || seen < SECOND {
            continue;
        }
        let waits = analysis.waits.iter().find(|of| of.recording == recording && of.name == runtime);
        let harm = waits.filter(|of| are_several(of)).and_then(|of| of.worst.first());
        let Some((_, wait)) = harm else { continue };
        let place = analysis.tasks.places.get(wait.place);
        let (most, least) = (busiest.awake(), idlest.awake());
        all.push(Finding {
            rule: &IMBALANCE,
            severity: Severity::Warning,
            recording,
            at: wait.from,
            place: place.place.clone(),
            subject: format!("runtime {runtime}"),
            said: format!(
                "{} ({}) was awake for {most:.0} % of the time, {} ({}) for {least:.0} %, while tasks waited, {} among them",
                busiest.of.name,
                busiest.of.place(),
                idlest.of.name,
                idlest.of.place(),
                place.said(),
            ),
            numbers: vec![("busiest", Number::Share(most)), ("idlest", Number::Share(least))],
        });
    }
}

/// It grows with each quarter of the time, to a hundred and twice as much; or it is a thousand long half the time.
fn queue(analysis: &Analysis, recording: u64, of: &queues::OfRuntime) -> Option<Finding> {
    let samples = &of.tasks;
    let [first, .., last] = samples.quarters()?;
    let deep = samples.deep.saturating_mul(2) >= samples.count;
    if !grows(samples) && !deep {
        return None;
    }
    // Who waits longest for a worker is mostly who there is most of.
    let places = analysis.tasks.places.iter().filter(|place| place.recording == recording);
    let place = places.max_by_key(|place| place.waits.sum);
    let mut said = format!(
        "{first} tasks waited in the first quarter of the time, {last} in the last, {} at most",
        samples.max
    );
    if let Some(place) = place.filter(|place| place.waits.sum > 0) {
        said.push_str(&format!("; those that waited longest together are {}", place.said()));
    }
    Some(Finding {
        rule: &QUEUE,
        severity: Severity::Warning,
        recording,
        at: samples.at,
        place: place.map_or_else(String::new, |place| place.place.clone()),
        subject: format!("runtime {}", of.name),
        said,
        numbers: vec![
            ("first_quarter", Number::Count(first)),
            ("last_quarter", Number::Count(last)),
            ("most", Number::Count(samples.max)),
        ],
    })
}

fn grows(samples: &Samples) -> bool {
    samples.quarters().is_some_and(|means| {
        means.is_sorted_by(|one, next| one < next)
            && means[3] >= LONG_QUEUE
            && means[3] >= means[0].saturating_mul(2)
    })
}

/// A hundredth of the calls waited for a tenth of a second, one waited for a second, or the queue grows.
fn pool(analysis: &Analysis) -> Option<Finding> {
    let queues = &analysis.queues;
    let p99 = queues.queued.percentile(99);
    let is_slow = (queues.queued.count >= 10 && p99 >= SECOND / 10) || queues.queued.max >= SECOND;
    let growing = queues.iter().find(|(_, of)| grows(&of.blocking));
    if !is_slow && growing.is_none() {
        return None;
    }
    let call = queues.waited.first();
    let mut said = format!(
        "{} calls waited, a hundredth of them {} or more, the longest {}",
        queues.queued.count,
        duration(p99),
        duration(queues.queued.max)
    );
    if let Some((_, call)) = call.filter(|(_, call)| !call.name.is_empty()) {
        said.push_str(&format!(": {}, which then ran for {}", call.name, duration(call.ran)));
    }
    if let Some((_, of)) = growing {
        said.push_str(&format!("; {} waited at the same time", of.blocking.max));
    }
    Some(Finding {
        rule: &POOL,
        severity: Severity::Warning,
        recording: call
            .map(|(_, call)| call.recording)
            .or(growing.map(|(recording, _)| recording))
            .unwrap_or_default(),
        at: call.map_or(analysis.first, |(_, call)| call.at),
        place: call.map_or_else(String::new, |(_, call)| call.place.clone()),
        subject: "the blocking pool".to_owned(),
        said,
        numbers: vec![
            ("calls", Number::Count(queues.queued.count)),
            ("p99", Number::Nanos(p99)),
            ("longest", Number::Nanos(queues.queued.max)),
        ],
    })
}
