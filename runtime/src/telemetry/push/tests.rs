use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};

use super::*;
use crate::registry::{Family, Kind, Value};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(100);
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn settings(interval: Duration) -> PushSettings {
    PushSettings { interval, timeout: LONG }
}

/// Tells what it is given, and does as it is told, once for each export.
struct Told {
    given: Sender<(u64, Duration)>,
    orders: Receiver<Result<(), ExportError>>,
}

impl MetricExporter for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn export(&mut self, snapshot: &Snapshot, timeout: Duration) -> Result<(), ExportError> {
        let Value::Counter(value) = snapshot.families[0].series[0].value else {
            unreachable!("it is a counter")
        };
        let _nobody_asks = self.given.send((value, timeout));
        self.orders.recv().unwrap_or(Ok(()))
    }
}

/// A reader of a counter that the test sets.
struct Test {
    push: Push,
    value: Arc<AtomicU64>,
    given: Receiver<(u64, Duration)>,
    orders: Sender<Result<(), ExportError>>,
}

fn start(interval: Duration) -> Test {
    let ((given_to, given), (orders, ordered)) = (mpsc::channel(), mpsc::channel());
    let value = Arc::new(AtomicU64::new(1));
    let its = Arc::clone(&value);
    let snapshot = move || {
        let value = Value::Counter(its.load(Ordering::Relaxed));
        Snapshot::from(vec![Family::new("a_total", Kind::Counter).with([("l", "v")], value)])
    };
    let exporter = Box::new(Told { given: given_to, orders: ordered });
    let push = Push(vec![Reader::start(settings(interval), snapshot, exporter).unwrap()]);
    Test { push, value, given, orders }
}

impl Test {
    fn order(&self, result: Result<(), ExportError>) {
        self.orders.send(result).unwrap();
    }

    fn value_given(&self) -> u64 {
        self.given.recv_timeout(LONG).expect("a push").0
    }

    fn is_over(&self) -> bool {
        self.given.recv_timeout(LONG) == Err(RecvTimeoutError::Disconnected)
    }
}

#[test]
fn the_first_push_is_after_an_interval_and_so_is_each_next() {
    let started = Instant::now();
    let test = start(SHORT);
    (0..3).for_each(|_| test.order(Ok(())));
    test.value_given();
    assert!(started.elapsed() >= SHORT);
    test.value_given();
    assert!(started.elapsed() >= 2 * SHORT);
    test.value_given();
    assert!(started.elapsed() >= 3 * SHORT);
}

#[test]
fn a_flush_pushes_what_there_is_now() {
    let test = start(NEVER);
    test.value.store(7, Ordering::Relaxed);
    test.order(Ok(()));
    assert!(test.push.ask(LONG).wait());
    assert_eq!(test.value_given(), 7);
    assert!(test.given.try_recv().is_err(), "once");
    test.order(Err(ExportError::lost(1, "as told")));
    assert!(!test.push.ask(LONG).wait());
    test.order(Ok(()));
    assert!(test.push.ask(LONG).wait(), "what is delivered later has all of it");
}

#[test]
fn what_was_asked_for_during_a_push_is_in_the_next_one() {
    let test = start(NEVER);
    let first = test.push.ask(LONG);
    assert_eq!(test.value_given(), 1, "it is busy from here on");
    test.value.store(2, Ordering::Relaxed);
    let second = test.push.ask(LONG);
    test.order(Ok(()));
    assert!(first.wait());
    assert_eq!(test.value_given(), 2);
    test.order(Ok(()));
    assert!(second.wait());
}

#[test]
fn the_end_pushes_once_more_however_short_the_life() {
    let test = start(NEVER);
    test.order(Ok(()));
    assert!(test.push.ask_last(LONG).wait());
    assert_eq!(test.value_given(), 1);
    assert!(test.is_over(), "and the thread ends");
    assert!(!test.push.ask(LONG).wait(), "what is asked for then is not delivered");
}

#[test]
fn the_end_waits_for_a_stuck_exporter_no_longer_than_asked() {
    let test = start(NEVER);
    let asked = test.push.ask_last(SHORT);
    let (_, timeout) = test.given.recv_timeout(LONG).unwrap();
    assert!(timeout <= SHORT, "the exporter is told how long: {timeout:?}");
    assert!(!asked.wait());
    assert!(test.push.0[0].is_busy());
    test.order(Ok(()));
    assert!(test.is_over());
}

#[test]
fn an_exporter_that_panics_loses_that_push_alone() {
    struct Panics(u8);
    impl MetricExporter for Panics {
        fn name(&self) -> &'static str {
            "panics"
        }
        fn export(&mut self, _: &Snapshot, _: Duration) -> Result<(), ExportError> {
            self.0 += 1;
            assert!(self.0 > 1, "on purpose");
            Ok(())
        }
    }
    let push = Push::start(settings(NEVER), &[Registry::new()], vec![Box::new(Panics(0))]).unwrap();
    assert!(!push.ask(LONG).wait());
    assert!(push.ask_last(LONG).wait());
}

#[test]
fn a_slow_exporter_delays_no_other() {
    struct Slow(Receiver<()>);
    impl MetricExporter for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        fn export(&mut self, _: &Snapshot, _: Duration) -> Result<(), ExportError> {
            let _released = self.0.recv();
            Ok(())
        }
    }
    struct Counts(Sender<Snapshot>);
    impl MetricExporter for Counts {
        fn name(&self) -> &'static str {
            "counts"
        }
        fn export(&mut self, snapshot: &Snapshot, _: Duration) -> Result<(), ExportError> {
            let _nobody_asks = self.0.send(snapshot.clone());
            Ok(())
        }
    }
    let ((release, released), (given_to, given)) = (mpsc::channel::<()>(), mpsc::channel());
    let exporters: Vec<Box<dyn MetricExporter>> = vec![Box::new(Slow(released)), Box::new(Counts(given_to))];
    let (one, other) = (Registry::new(), Registry::new());
    let source = |name: &'static str| {
        struct One(&'static str);
        impl crate::registry::Source for One {
            fn collect(&self, families: &mut Vec<Family>) {
                families.push(Family::new(self.0, Kind::Gauge).with([("l", "v")], Value::Gauge(1.0)));
            }
        }
        Arc::new(One(name))
    };
    let (first, second) = (source("first"), source("second"));
    one.add_source(&first);
    other.add_source(&second);
    let push = Push::start(settings(SHORT), &[one, other], exporters).unwrap();
    for _ in 0..3 {
        let snapshot = given.recv_timeout(LONG).expect("a push though the other one is stuck");
        assert!(
            snapshot.family("first").is_some() && snapshot.family("second").is_some(),
            "of all registries"
        );
    }
    drop(release);
    assert!(push.ask_last(LONG).wait());
}

#[test]
fn a_reason_is_said_once_in_a_while() {
    let (mut said, now) = (Said::default(), Instant::now());
    assert!(said.is_new("down", now));
    assert!(!said.is_new("down", now + SAID / 2));
    assert!(said.is_new("broken", now + SAID / 2));
    assert!(said.is_new("down", now + SAID / 2));
    assert!(said.is_new("down", now + 2 * SAID));
}

#[test]
fn an_abandoned_push_ends_without_one() {
    let test = start(NEVER);
    test.push.abandon();
    assert_eq!(test.given.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
}
