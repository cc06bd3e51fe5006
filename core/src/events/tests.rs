//! Events of one process: the ring is its own, so that these are one test after the other.

use std::sync::Mutex;

use super::*;
use crate::chunks::{Record, Records};

static ALONE: Mutex<()> = Mutex::new(());

/// What `run` records on a thread of its own, and the number of that thread.
fn recorded(run: impl FnOnce() + Send) -> (Records, u32) {
    let _alone = lock(&ALONE);
    chunks::ring().set_limit(1 << 20);
    let mut reader = chunks::ring().reader().expect("nobody else reads");
    reader.read(|_| ());
    set_on(true);
    let thread = std::thread::scope(|scope| {
        let body = || {
            run();
            thread_number()
        };
        let named = std::thread::Builder::new().name("worker-é".into());
        named.spawn_scoped(scope, body).unwrap().join().unwrap()
    });
    set_on(false);
    let mut all = Records::default();
    reader.read(|record| {
        if record.thread == thread {
            all.push(record);
        }
    });
    (all, thread)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn only<T>(records: &Records, mut read: impl FnMut(&Record<'_>) -> Option<T>) -> T {
    let mut found: Vec<T> = records.iter().filter_map(|record| read(&record)).collect();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_poll_is_one_record_of_its_task_and_thread() {
    let (records, _) = recorded(|| {
        assert!(begin_poll(7, Ticks(0)).is_some());
        assert!(begin_poll(8, Ticks(0)).is_none(), "it is within another");
        assert_eq!(current_task(), 7);
        std::thread::sleep(std::time::Duration::from_millis(5));
        end_poll();
        assert_eq!(current_task(), 0);
    });
    let (polled, at) = only(&records, |record| Some((record.polled()?, record.at)));
    assert_eq!(polled.task, 7);
    assert!(at.nanos_since(polled.start(at)) >= 5_000_000, "{polled:?}");
    assert_eq!(
        records.iter().filter(|record| record.polled().is_some()).map(|record| record.bytes()).sum::<usize>(),
        24
    );
}

#[test]
fn a_thread_says_who_it_is_before_anything_else() {
    let (records, thread) = recorded(|| {
        park();
        unpark();
        place_thread(Role::Worker, Some(3), Some(0));
    });
    let facts: Vec<_> = records.iter().filter_map(|record| record.thread_facts()).collect();
    assert!(records.iter().next().unwrap().thread_facts().is_some());
    assert_eq!((facts[0].number, facts[0].name.as_str()), (thread, "worker-é"));
    assert_eq!((facts[1].role, facts[1].runtime, facts[1].worker), (Role::Worker, Some(3), Some(0)));
    assert!(!cfg!(target_os = "linux") || facts[0].os_id != 0);
}

#[test]
fn a_wake_names_the_task_that_caused_it() {
    let (records, _) = recorded(|| {
        assert!(begin_poll(1, Ticks(0)).is_some());
        wake(2, Wake::ByRef);
        end_poll();
    });
    let woken = only(&records, |record| record.woken());
    assert_eq!(woken, Woken { task: 2, by: 1, how: Wake::ByRef as u8 });
}

#[test]
fn tasks_are_told_with_place_and_name_and_end() {
    let place = Location::caller();
    let (records, _) = recorded(|| {
        spawned(9, Spawn::Async, 4, Some(place), "their::Future");
        ended(9, TaskEnd::Cancelled, 12);
    });
    let made = only(&records, |record| record.spawned());
    assert_eq!((made.task, made.runtime, made.name, made.place), (9, 4, "their::Future", Some(place)));
    let end = only(&records, |record| record.task_end());
    assert_eq!(end, TaskRecord { task: 9, how: TaskEnd::Cancelled as u8, polls: 12 });
}

#[test]
fn depths_of_an_odd_number_of_workers_come_back() {
    let (records, _) = recorded(|| {
        depth(1, 5, Some(0), &[1, 2, 3]);
        depth(2, 6, None, &[]);
    });
    let depths: Vec<_> = records.iter().filter_map(|record| record.depth()).collect();
    assert_eq!(depths[0], Depth { runtime: 1, global: 5, blocking: Some(0), workers: vec![1, 2, 3] });
    assert_eq!(depths[1], Depth { runtime: 2, global: 6, blocking: None, workers: vec![] });
}

#[test]
fn events_of_the_users_own_keep_their_values_and_cut_long_texts() {
    static SPEC: UserSpec = UserSpec { name: "sent", fields: &["to", "bytes", "long", "after"] };
    let (records, _) = recorded(|| {
        user(&SPEC, |values| {
            values.push(FieldValue::Str("grüße"));
            values.push(FieldValue::I64(-3));
            values.push(FieldValue::Str(&"é".repeat(5_000)));
            values.push(FieldValue::Bool(true));
        });
    });
    let mut fields = Vec::new();
    only(&records, |record| {
        record.user()?.for_each(|name, value| fields.push((name, format!("{value:?}"))));
        Some(())
    });
    assert_eq!(fields[0], ("to", "Str(\"grüße\")".to_owned()));
    assert_eq!(fields[1], ("bytes", "I64(-3)".to_owned()));
    assert!(fields[2].1.len() > 900 && fields[2].1.len() < 1_100);
    assert_eq!(fields[3].1, "None");
}

#[test]
fn what_runs_is_seen_by_others_while_it_runs() {
    let (started, goes_on) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    let seen = std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            started.wait();
            let seen = lanes().iter().find_map(|lane| lane.doing().filter(|(.., task)| *task == 77));
            goes_on.wait();
            seen
        });
        recorded(|| {
            assert!(begin_poll(77, Ticks(0)).is_some());
            started.wait();
            goes_on.wait();
            end_poll();
        });
        looks.join().unwrap()
    });
    assert!(matches!(seen, Some((Doing::Poll, ..))), "{seen:?}");
    assert!(lanes().iter().all(|lane| lane.doing().is_none_or(|(.., task)| task != 77)));
}

#[test]
fn nothing_is_recorded_while_it_is_off() {
    let _alone = lock(&ALONE);
    assert!(begin_poll(1, Ticks(0)).is_none());
    assert_eq!(current_task(), 0);
}

#[test]
fn a_lane_is_of_one_thread_after_the_other() {
    let _alone = lock(&ALONE);
    chunks::ring().set_limit(1 << 20);
    set_on(true);
    let threads = (0..100).map(|task| {
        let named = std::thread::Builder::new().name(format!("short-{task}"));
        let thread = named.spawn(move || {
            wake(task, Wake::ByRef);
            let of_one = |lane: &&Lane| lane.number() == thread_number();
            let lane = lanes().into_iter().find(of_one).expect("a thread that writes has one");
            assert_eq!((current_task(), lane.doing()), (0, None), "nothing is left of the one before");
            assert_eq!(lane.facts().name, format!("short-{task}"));
            assert!(lane.facts().role == Role::Other && lane.facts().runtime.is_none());
            place_thread(Role::Worker, Some(3), Some(1));
            // It ends within the poll.
            assert!(begin_poll(task + 1, clock::now()).is_some());
            (std::ptr::from_ref(lane) as usize, thread_number())
        });
        let (lane, number) = thread.unwrap().join().unwrap();
        assert!(lanes().iter().all(|lane| lane.number() != number), "it has ended");
        (lane, number)
    });
    let (used, numbers): (std::collections::HashSet<_>, std::collections::HashSet<_>) = threads.unzip();
    set_on(false);
    assert_eq!(numbers.len(), 100, "no two threads have one number");
    // Threads of other tests may take one meanwhile.
    assert!(used.len() < 50, "{}", used.len());
}
