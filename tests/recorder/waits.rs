//! Where tasks wait, by the await points of annotated functions.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use spanwright::instrument;
use spanwright_recording::event::{Event, Record, TaskDump};
use tokio::sync::oneshot;

use crate::recorded::{alone, multi_thread, recorder, until};

/// The place of the `.await`, or of the macro, in the line that ends in this remark; as frames have it.
#[track_caller]
fn at(function: &str, remark: &str) -> String {
    let remark = format!("// {remark}");
    let mut lines = include_str!("waits.rs").lines().enumerate();
    let (number, line) = lines.find(|(_, line)| line.ends_with(&remark)).unwrap();
    let column = ["await", "select!"].iter().find_map(|what| line.find(what)).unwrap();
    format!("{function} at {}:{}:{}", file!(), number + 1, column + 1)
}

fn dumps<'e>(events: &'e [Record<'static>]) -> Vec<&'e TaskDump<'static>> {
    let dumps = events.iter().filter_map(|record| match &record.event {
        Event::TaskDump(dump) => Some(&**dump),
        _ => None,
    });
    dumps.filter(|dump| dump.waited.is_some()).collect()
}

fn frames<'d>(dump: &'d TaskDump<'_>) -> Vec<&'d str> {
    dump.frames.iter().map(|frame| &**frame).collect()
}

/// Where [`outermost`] waits.
pub(crate) fn stack_of_outermost() -> Vec<String> {
    vec![at("innermost", "innermost"), at("outermost", "outermost")]
}

pub(crate) type Unanswered = oneshot::Receiver<()>;

#[instrument]
async fn innermost(question: Unanswered) -> bool {
    question.await.is_ok() // innermost
}

#[instrument]
pub(crate) async fn outermost(question: Unanswered) -> bool {
    let asked = Box::pin(innermost(question));
    asked.await // outermost
}

#[instrument]
async fn chooses(first: Unanswered, second: Unanswered) -> u8 {
    tokio::select! { // chooses
        _ = first => 1,
        _ = second => 2,
    }
}

#[instrument]
fn loops(question: Unanswered) -> Pin<Box<dyn Future<Output = bool> + Send>> {
    Box::pin(async move {
        for _ in 0..3 {
            tokio::task::yield_now().await; // within the loop
        }
        question.await.is_ok() // after the loop
    })
}

#[instrument]
async fn several(first: Unanswered, second: Unanswered) -> (bool, bool) {
    tokio::join!(innermost(first), innermost(second))
}

#[test]
fn a_task_that_blocks_in_a_poll_is_in_the_dump_with_its_thread() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 1);
    let (answer, question) = std::sync::mpsc::channel::<()>();
    let inside = runtime.enter();
    let blocks = spanwright::spawn(async move { question.recv().is_err() });
    drop(inside);
    until("the dump", || {
        guard.handle().dump_tasks();
        guard.handle().flush(Duration::from_secs(5));
        let events = kept.events();
        dumps(&events).iter().any(|dump| frames(dump) == ["in one poll, on thread tokio-rt-worker"])
    });
    drop(answer);
    assert!(runtime.block_on(blocks).unwrap());
    drop((runtime, guard));
}

#[test]
fn each_task_has_the_await_points_of_its_functions() {
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let runtime = multi_thread(&guard, 2);
    let (asked, questions): (Vec<_>, Vec<_>) = (0..6).map(|_| oneshot::channel()).unzip();
    let [a, b, c, d, e, f] = <[Unanswered; 6]>::try_from(questions).unwrap();
    let tasks = [
        (
            runtime.spawn(async {
                let _ = outermost(a).await;
            }),
            "nested",
        ),
        (
            runtime.spawn(async {
                let _ = chooses(b, c).await;
            }),
            "select",
        ),
        (
            runtime.spawn(async {
                let _ = loops(d).await;
            }),
            "loop",
        ),
        (
            runtime.spawn(async {
                let _ = several(e, f).await;
            }),
            "join",
        ),
    ];
    let expected = |kind: &str| match kind {
        "nested" => vec![stack_of_outermost()],
        "select" => vec![vec![at("chooses", "chooses")]],
        "loop" => vec![vec![at("loops", "after the loop")]],
        _ => Vec::new(),
    };
    until("the tasks", || {
        std::thread::sleep(Duration::from_millis(50));
        kept.bytes.lock().unwrap().clear();
        guard.handle().dump_tasks();
        assert!(guard.handle().flush(Duration::from_secs(5)));
        dumps(&kept.events()).len() == 5
    });
    let events = kept.events();
    let all = dumps(&events);
    for (task, kind) in &tasks {
        let id: u64 = task.id().to_string().parse().unwrap();
        let own: Vec<_> = all.iter().filter(|dump| dump.task.get() == id).collect();
        if *kind == "join" {
            assert_eq!(own.len(), 2, "{own:?}");
            for dump in own {
                let [inner, outer] = frames(dump)[..] else { panic!("{dump:?}") };
                assert_eq!(inner, at("innermost", "innermost"));
                assert!(outer.starts_with("several at "), "{outer}");
            }
        } else {
            let found: Vec<_> = own.iter().map(|dump| frames(dump)).collect();
            assert_eq!(found, expected(kind), "{kind}");
        }
    }
    drop(asked);
    runtime.block_on(async {
        for (task, _) in tasks {
            task.await.unwrap();
        }
    });
    kept.bytes.lock().unwrap().clear();
    guard.handle().dump_tasks();
    assert!(guard.handle().flush(Duration::from_secs(5)));
    assert!(dumps(&kept.events()).is_empty(), "they wait no more");
    drop((runtime, guard));
}

#[instrument]
async fn is_polled_in_vain(mut question: Unanswered) -> bool {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    std::future::poll_fn(|context| {
        while ticks.poll_tick(context).is_ready() {}
        Pin::new(&mut question).poll(context)
    })
    .await
    .is_ok()
}

#[test]
fn who_waits_is_written_with_what_has_happened_once_it_has_waited_long() {
    let _alone = alone();
    let bound = Duration::from_secs(1);
    let (guard, kept) =
        recorder(|recorder| recorder.flight(Duration::from_secs(30), 1 << 20).task_dumps(bound));
    let runtime = multi_thread(&guard, 1);
    let ((asked, question), (answer, other)) = (oneshot::channel(), oneshot::channel());
    let waits = runtime.spawn(is_polled_in_vain(question));
    std::thread::sleep(bound * 2);
    let is_new = runtime.spawn(outermost(other));
    std::thread::sleep(Duration::from_millis(20));
    guard.handle().trigger("something");
    until("the recording", || !kept.is_empty());
    let events = kept.events();
    let [dump] = dumps(&events)[..] else { panic!("{:?}", dumps(&events)) };
    assert_eq!(dump.task.get().to_string(), waits.id().to_string());
    // Not since its last poll, which changed nothing.
    assert!(u128::from(dump.waited.unwrap().0) > bound.as_nanos(), "{dump:?}");
    drop((asked, answer));
    runtime.block_on(async { (waits.await.unwrap(), is_new.await.unwrap()) });
    drop((runtime, guard));
}

#[cfg(all(tokio_unstable, feature = "taskdump", target_os = "linux"))]
#[test]
fn tokio_tells_of_tasks_that_nobody_has_annotated() {
    async fn unannotated(question: Unanswered) {
        let _ = question.await;
    }
    let _alone = alone();
    let (guard, kept) = recorder(|recorder| recorder);
    let threaded = multi_thread(&guard, 1);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    let one = guard.handle().build(builder, "one").unwrap();
    let (asked, questions): (Vec<_>, Vec<_>) = (0..2).map(|_| oneshot::channel()).unzip();
    let [a, b] = <[Unanswered; 2]>::try_from(questions).unwrap();
    let (first, second) = (threaded.spawn(unannotated(a)), one.spawn(unannotated(b)));
    let ended = std::thread::spawn(move || one.block_on(second).unwrap());
    // A worker that is stuck stops nobody: of the other runtime they are there.
    for stuck in [false, true] {
        let (free, blocks) = std::sync::mpsc::channel::<()>();
        let blocks = stuck.then(|| threaded.spawn(async move { blocks.recv().is_err() }));
        let expected = if stuck { 1 } else { 2 };
        until("the dumps", || {
            std::thread::sleep(Duration::from_millis(50));
            kept.bytes.lock().unwrap().clear();
            guard.handle().dump_tasks();
            assert!(guard.handle().flush(Duration::from_secs(20)));
            let events = kept.events();
            let by_tokio = events.iter().filter_map(|record| match &record.event {
                Event::TaskDump(dump) if dump.waited.is_none() => Some(frames(dump)),
                _ => None,
            });
            let found = by_tokio.filter(|frames| frames.iter().any(|frame| frame.contains("unannotated")));
            let count = found.count();
            assert!(count <= expected, "{count}");
            count == expected
        });
        drop(free);
        if let Some(blocks) = blocks {
            assert!(threaded.block_on(blocks).unwrap());
        }
    }
    drop(asked);
    threaded.block_on(first).unwrap();
    ended.join().unwrap();
    drop((threaded, guard));
}
