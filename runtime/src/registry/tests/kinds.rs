//! Kinds of metrics beyond the plain ones: shared, native, read by a callback.

use super::*;

#[derive(Metrics)]
#[metrics(prefix = "test", crate = crate)]
struct Kinds {
    /// Requests that came in.
    shared_requests_total: Counter<Method, Shared>,
    /// Items in the queue.
    shared_items: UpDownCounter<(), Shared>,
    /// How large bodies are.
    #[metric(buckets = [10.0, 100.0])]
    shared_bytes: Observations<Method, Shared>,
    /// How long it takes.
    #[metric(buckets = native)]
    work_seconds: Observations<Method>,
    /// How long it takes, in shared memory.
    #[metric(buckets = native)]
    shared_work_seconds: Observations<(), Shared>,
    /// How warm it is.
    warmth_celsius: Gauge<Method>,
}

#[test]
fn metrics_in_shared_memory_read_back_what_threads_wrote() {
    let registry = Registry::new();
    let kinds = Kinds::register(&registry);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    kinds.shared_requests_total.with(Method::Put).inc();
                    kinds.shared_items.dec();
                    kinds.shared_bytes.with(Method::Get).observe(50.0);
                    kinds.shared_work_seconds.observe(0.5);
                }
            });
        }
    });
    assert_eq!(
        value(&registry, "test_shared_requests_total", &[("method", "put")]),
        Some(Value::Counter(2_000))
    );
    assert_eq!(value(&registry, "test_shared_items", &[]), Some(Value::Gauge(-2_000.0)));
    let Some(Value::Histogram(bytes)) = value(&registry, "test_shared_bytes", &[("method", "get")]) else {
        panic!("no histogram")
    };
    assert_eq!((&bytes.buckets[..], bytes.sum), (&[0, 2_000, 0][..], 100_000.0));
    let Some(Value::NativeHistogram(work)) = value(&registry, "test_shared_work_seconds", &[]) else {
        panic!("no native histogram")
    };
    assert_eq!((work.count(), work.sum, work.offset), (2_000, 1_000.0, -8));
}

#[test]
fn native_histograms_show_what_was_observed() {
    let registry = Registry::new();
    let kinds = Kinds::register(&registry);
    let work = kinds.work_seconds.with(Method::Get);
    for millis in 1..=1_000 {
        work.observe_duration(Duration::from_millis(millis));
    }
    work.observe(-1.0);
    work.observe(f64::NAN);
    let Some(Value::NativeHistogram(native)) = value(&registry, "test_work_seconds", &[("method", "get")])
    else {
        panic!("no native histogram")
    };
    assert_eq!((native.count(), native.zero_count), (1_001, 1));
    for (q, expected) in [(0.5, 0.5), (0.9, 0.9), (0.99, 0.99)] {
        let estimated = native.quantile(q).unwrap();
        assert!((estimated - expected).abs() < expected * 0.05, "{q}: {estimated}");
    }
    let Some(Value::NativeHistogram(none)) = value(&registry, "test_work_seconds", &[("method", "put")])
    else {
        panic!("it exists at zero")
    };
    assert_eq!((none.count(), none.buckets.len()), (0, 0));
}

#[test]
fn a_gauge_is_read_by_its_callback_at_each_snapshot() {
    let registry = Registry::new();
    let kinds = Kinds::register(&registry);
    let calls = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let replaced = Arc::new(std::sync::atomic::AtomicBool::new(false));
    kinds.warmth_celsius.with(Method::Get).read_by({
        let called = Arc::clone(&replaced);
        move || f64::from(u8::from(called.swap(true, std::sync::atomic::Ordering::Relaxed)))
    });
    kinds.warmth_celsius.with(Method::Get).read_by({
        let (calls, registry) = (Arc::clone(&calls), registry.clone());
        move || {
            // It may use the registry that calls it.
            assert!(!registry.conflicts().iter().any(|conflict| conflict.name == "test"));
            f64::from(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        }
    });
    kinds.warmth_celsius.with(Method::Put).set(20.0);
    kinds.warmth_celsius.with(Method::Put).read_by(|| panic!("as told"));
    let panics = || own("spanwright_callback_panics_total");
    let before = panics();
    let of = |method| value(&registry, "test_warmth_celsius", &[("method", method)]);
    assert_eq!(of("get"), Some(Value::Gauge(0.0)));
    assert_eq!(of("get"), Some(Value::Gauge(1.0)));
    assert_eq!(of("put"), Some(Value::Gauge(20.0)), "a panic leaves the value");
    assert!(panics() >= before + 3);
    assert!(!replaced.load(std::sync::atomic::Ordering::Relaxed), "replaced before it was called");
    drop(kinds);
    assert!(registry.snapshot().families.is_empty());
    assert_eq!(calls.load(std::sync::atomic::Ordering::Relaxed), 3, "it went with its metric");
}

#[test]
fn a_series_of_a_text_exists_at_zero_where_it_is_asked_to() {
    #[derive(Clone, Copy, Labels)]
    #[labels(crate = crate)]
    struct Of<'a> {
        #[label(max = 100)]
        tenant: &'a str,
    }
    #[derive(Metrics)]
    #[metrics(prefix = "test", crate = crate)]
    struct Jobs<L: Labels> {
        /// Jobs that failed.
        failed_total: Counter<L>,
        /// Jobs that failed, in shared memory.
        shared_failed_total: Counter<L, Shared>,
        /// Jobs that run.
        running_jobs: UpDownCounter<L>,
        /// How long they take.
        took_seconds: Observations<L>,
        /// How long they wait.
        #[metric(buckets = native)]
        waited_seconds: Observations<L>,
    }
    let registry = Registry::new();
    let jobs = Jobs::<Of<'static>>::register(&registry);
    let names = ["failed_total", "shared_failed_total", "running_jobs", "took_seconds", "waited_seconds"];
    let of = |tenant| {
        names.map(|name| match value(&registry, &format!("test_{name}"), &[("tenant", tenant)])? {
            Value::Histogram(histogram) => Some(histogram.count() as f64),
            Value::NativeHistogram(native) => Some(native.count() as f64),
            value => value.number(),
        })
    };
    let (ann, bob) = (Of { tenant: "ann" }, Of { tenant: "bob" });
    jobs.failed_total.with(bob).add(0);
    assert_eq!((of("ann"), of("bob")), ([None; 5], [None; 5]));
    let failed = jobs.failed_total.with(ann).from_zero();
    let _ = jobs.shared_failed_total.with(ann).from_zero();
    let _ = jobs.running_jobs.with(ann).from_zero();
    let _ = jobs.took_seconds.with(ann).from_zero();
    let _ = jobs.waited_seconds.with(ann).from_zero();
    assert_eq!((of("ann"), of("bob")), ([Some(0.0); 5], [None; 5]));
    failed.inc();
    assert_eq!(of("ann")[0], Some(1.0));
}
