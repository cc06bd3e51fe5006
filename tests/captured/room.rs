//! Tests that record much, and tests beside them.

use std::process::Command;
use std::sync::Barrier;

use spanwright::instrument;
use spanwright::testing::Captured;

#[instrument]
fn small(order: u64) {
    tracing::info!(order, "seen");
}

#[spanwright::test]
fn a_test_sees_all_of_its_many_spans(telemetry: Captured) {
    (0..10_000).for_each(small);
    assert_eq!(telemetry.spans().len(), 10_000);
    assert_eq!(telemetry.events().len(), 10_000);
    assert_eq!(telemetry.tree().lines().count(), 10_000);
}

#[test]
fn a_busy_test_leaves_the_one_beside_it_in_peace() {
    #[instrument]
    fn busy() {}
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            spanwright::__private::test_sync(|_: Captured| {
                both.wait();
                (0..300_000).for_each(|_| busy());
            });
        });
        scope.spawn(|| {
            spanwright::__private::test_sync(|telemetry: Captured| {
                both.wait();
                for seen in 1..=40 {
                    small(seen);
                    assert_eq!(telemetry.spans().len(), seen as usize);
                }
            });
        });
    });
}

#[test]
fn what_is_in_no_such_test_takes_no_room_from_one() {
    #[instrument]
    fn busy() {}
    let all = Barrier::new(5);
    std::thread::scope(|scope| {
        let others = [(); 4].map(|()| {
            scope.spawn(|| {
                all.wait();
                (0..200_000).for_each(|_| busy());
            })
        });
        spanwright::__private::test_sync(|telemetry: Captured| {
            all.wait();
            let mut calls = 0;
            while !others.iter().all(|other| other.is_finished()) {
                small(calls);
                calls += 1;
            }
            assert_eq!(telemetry.spans().len() as u64, calls);
            assert_eq!(telemetry.events().len() as u64, calls);
        });
    });
}

#[spanwright::test]
fn a_deep_tree_is_written_too(telemetry: Captured) {
    fn nest(spans: &mut Vec<tracing::span::EnteredSpan>, depth: usize) {
        (0..depth).for_each(|_| spans.push(tracing::info_span!("deep").entered()));
        while spans.pop().is_some() {}
    }
    nest(&mut Vec::new(), 5_000);
    let tree = telemetry.tree();
    assert!(tree.ends_with(&format!("\n{}deep\n", "  ".repeat(4_999))));
}

/// More spans than can be open at once.
#[spanwright::test]
fn opens_too_many_where_it_is_asked_to(telemetry: Captured) {
    if std::env::var_os("CAPTURED_OPENS").is_some() {
        small(1);
        let open: Vec<_> = (0..70_000).map(|_| tracing::info_span!("open")).collect();
        drop(open);
        let _is_said = telemetry.spans();
    }
}

#[test]
fn what_there_is_no_room_for_fails_who_looks_and_nobody_else() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["room::opens_too_many_where_it_is_asked_to", "--exact"])
        .env("CAPTURED_OPENS", "1")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(101), "it fails, and the process goes on: {shown}");
    for said in [
        "there was no room for 4464 spans of this test: too many spans were open at once, in it or beside it",
        "what the test has recorded:\n  small\n",
        "  and 4464 spans that there was no room for\n",
    ] {
        assert!(shown.contains(said), "{}", &shown[shown.len().saturating_sub(2_000)..]);
    }
}
