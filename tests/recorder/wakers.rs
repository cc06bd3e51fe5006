//! Tasks that nobody can wake any more.

use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use spanwright_recording::event::{Event, Record, TaskId};
use tokio::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::recorded::{alone, multi_thread, recorder, tasks};

/// The tasks that were left without anybody who holds their waker.
fn lost(events: &[Record<'_>]) -> Vec<TaskId> {
    let lost = events.iter().filter_map(|record| match &record.event {
        Event::User(user) if &*user.name == "spanwright.waker_lost" => user.task,
        _ => None,
    });
    lost.collect()
}

async fn has_no_waker() {
    sleep(Duration::from_millis(2)).await;
    pending::<()>().await;
}

async fn drops_its_waker() {
    poll_fn(|context| {
        drop(context.waker().clone());
        Poll::<()>::Pending
    })
    .await;
}

#[test]
fn a_task_without_a_waker_is_told_of_once() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 2);
    runtime.block_on(async {
        drop((spanwright::spawn(has_no_waker()), spanwright::spawn(drops_its_waker())));
        sleep(Duration::from_millis(200)).await;
    });
    drop((runtime, guard));
    let events = kept.events();
    let expected = ["has_no_waker", "drops_its_waker"].map(|name| tasks(&events, name)[0].task);
    let mut found = lost(&events);
    found.sort();
    assert_eq!(found, expected);
}

/// Is woken within its poll, by the only waker besides the task's own.
async fn yields() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        drop(std::thread::spawn(move || waker.wake()).join());
        Poll::Pending
    })
    .await;
}

/// All that tasks wait for mostly, so that they wait for a while and are woken.
async fn waits_for_all_sorts() {
    let (sender, mut receiver) = mpsc::channel::<u32>(1);
    let (once, told) = oneshot::channel::<()>();
    let (all, mut each) = broadcast::channel::<u32>(4);
    let (set, mut seen) = watch::channel(0);
    let (notify, semaphore, lock) = (Notify::new(), Semaphore::new(0), Mutex::new(()));
    let held = lock.lock().await;
    let others = async {
        for round in 0..50 {
            yield_now().await;
            yields().await;
            sender.send(round).await.unwrap();
            all.send(round).unwrap();
            set.send(round).unwrap();
            sleep(Duration::from_micros(300)).await;
        }
        once.send(()).unwrap();
        notify.notify_one();
        semaphore.add_permits(1);
        drop(held);
        drop(sender);
    };
    let waits = async {
        while receiver.recv().await.is_some() {
            each.recv().await.unwrap();
            seen.changed().await.unwrap();
        }
        told.await.unwrap();
        let _permit = semaphore.acquire().await.unwrap();
        notify.notified().await;
        drop(lock.lock().await);
    };
    tokio::join!(others, waits);
    // Nothing else holds a waker.
    yields().await;
}

#[test]
fn tasks_that_wait_for_what_will_come_are_not_told_of() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 2);
    runtime.block_on(async {
        let mut set = spanwright::JoinSet::new();
        for _ in 0..20 {
            set.spawn(waits_for_all_sorts());
            set.spawn(async {
                // A task that waits for another, for the blocking pool, and for the first of several.
                spanwright::spawn(waits_for_all_sorts()).await.unwrap();
                spanwright::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1))).await.unwrap();
                assert!(timeout(Duration::from_millis(5), pending::<()>()).await.is_err());
                tokio::select! {
                    () = sleep(Duration::from_millis(3)) => {}
                    () = pending() => {}
                }
            });
        }
        while set.join_next().await.is_some_and(|ended| ended.is_ok()) {}
        assert!(set.is_empty());
    });
    drop((runtime, guard));
    let events = kept.events();
    assert!(events.iter().filter(|record| matches!(record.event, Event::Wake(_))).count() > 2000);
    assert_eq!(lost(&events), []);
}
