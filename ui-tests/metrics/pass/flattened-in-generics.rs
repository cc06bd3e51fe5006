//! Structs of metrics in structs of metrics, generic or not, and calls that report into them.

use std::marker::PhantomData;

use spanwright::{
    ByOutcome, CallMetrics, Counter, Gauge, Histogram, Label, Labels, Metrics, Registry, UpDownCounter, instrument,
};

#[derive(Clone, Copy, Label)]
enum Lane {
    Fast,
    Slow,
}

#[derive(Labels)]
struct Job<'a> {
    lane: Lane,
    #[label(max = 4)]
    tenant: &'a str,
}

#[derive(Metrics)]
struct Queue<L, T>
where
    L: Labels,
{
    /// How many jobs wait.
    depth: Gauge<L>,
    #[metric(flatten, prefix = "lane")]
    lane: Calls<L>,
    #[metric(flatten)]
    own: Own,
    #[metric(skip)]
    marker: PhantomData<T>,
}

#[derive(Metrics)]
struct Calls<L: Labels> {
    /// Calls by how they ended.
    #[metric(role = calls)]
    done_total: Counter<ByOutcome<Job<'static>>>,
    /// How long they took.
    #[metric(role = duration)]
    time_seconds: Histogram<Job<'static>>,
    /// Whose labels are the same, whatever they are.
    by_lane: Gauge<L>,
    /// How many run.
    #[metric(role = in_flight)]
    running: UpDownCounter<Job<'static>>,
}

#[derive(Metrics)]
#[metrics(prefix = "own", global = false)]
struct Own {
    /// Entries.
    entries: Gauge,
}

#[instrument(metrics(into = calls, labels = Job { lane: Lane::Slow, tenant }))]
fn work(calls: &Calls<Lane>, tenant: &str) {}

#[derive(Metrics)]
struct OfAny<L: Labels> {
    /// Calls.
    #[metric(role = calls)]
    all_total: Counter<L>,
    /// Calls that run.
    #[metric(role = in_flight)]
    running: UpDownCounter<L>,
}

fn reports<L, M: CallMetrics<L>>(_: &M) {}

fn main() {
    let registry = Registry::new();
    let queue = Queue::<Lane, Lane>::register(&registry);
    queue.depth.with(Lane::Fast).set(1.0);
    reports(&queue.lane);
    work(&queue.lane, &String::from("a"));
    reports(&OfAny::<Job<'static>>::register(&registry));
    let names: Vec<_> = Queue::<Lane, Lane>::descriptors().map(|metric| metric.name).collect();
    assert_eq!(names, ["depth", "lane_done_total", "lane_time_seconds", "lane_by_lane", "lane_running", "own_entries"]);
    let done = registry.get_metric("lane_done_total").unwrap();
    let labels = [("lane", "slow"), ("tenant", "a"), ("outcome", "ok")];
    assert!(done.series(&labels).is_some(), "{done:?}");
}
