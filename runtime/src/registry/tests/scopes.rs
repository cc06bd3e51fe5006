//! Registries with a prefix or a label, and what is told apart by them.

use std::sync::Arc;

use super::{Method, value};
use crate::registry::{Family, Kind, Registry, Source, Value};
use crate::{Counter, Gauge, Histogram, Metrics};

#[derive(Metrics)]
#[metrics(prefix = "pool", global = false, crate = crate)]
struct Pool {
    /// Connections that were opened.
    opened_total: Counter<Method>,
    /// Connections that nobody uses.
    idle: Gauge,
    /// How long one waits.
    #[metric(buckets = [1.0])]
    wait_seconds: Histogram,
    /// Errors, under a name that is somebody else's.
    #[metric(name_exact = "errors")]
    errors: Counter,
}

const GET: (&str, &str) = ("method", "get");

#[test]
fn a_prefix_is_in_front_of_all_names_but_exact_ones() {
    let registry = Registry::new();
    let pool = Pool::register(&registry.with_prefix("shop").with_prefix("orders"));
    pool.opened_total.with(Method::Get).inc();
    pool.errors.inc();
    assert_eq!(value(&registry, "shop_orders_pool_opened_total", &[GET]), Some(Value::Counter(1)));
    assert_eq!(value(&registry, "errors", &[]), Some(Value::Counter(1)));
    let names: Vec<_> = registry.snapshot().families.into_iter().map(|family| family.name).collect();
    assert_eq!(
        names,
        ["errors", "shop_orders_pool_idle", "shop_orders_pool_opened_total", "shop_orders_pool_wait_seconds"]
    );
}

#[test]
fn instances_stand_side_by_side_by_label_and_those_with_the_same_one_add_up() {
    let registry = Registry::new();
    let main = registry.with_label("pool", "main");
    let [one, other] = [Pool::register(&main), Pool::register(&registry.with_label("pool", "main"))];
    let spare = Pool::register(&registry.with_label("pool", "spare"));
    one.opened_total.with(Method::Get).add(1);
    other.opened_total.with(Method::Get).add(2);
    spare.opened_total.with(Method::Get).add(4);
    spare.wait_seconds.observe(0.5);
    let opened = |pool| value(&registry, "pool_opened_total", &[("pool", pool), GET]);
    assert_eq!((opened("main"), opened("spare")), (Some(Value::Counter(3)), Some(Value::Counter(4))));
    let Some(Value::Histogram(waits)) = value(&registry, "pool_wait_seconds", &[("pool", "spare")]) else {
        panic!("{:?}", registry.snapshot())
    };
    assert_eq!(waits.buckets, [1, 0]);
    assert!(registry.conflicts().is_empty(), "{:?}", registry.conflicts());
    let labels: Vec<_> =
        registry.snapshot().family("pool_opened_total").unwrap().series[0].labels.names().to_vec();
    assert_eq!(labels, ["pool", "method"], "the registry's in front");
}

#[test]
fn labels_are_the_same_in_whatever_order_they_are_put_on() {
    let registry = Registry::new();
    let one = Pool::register(&registry.with_label("a", "1").with_label("b", "2"));
    let other = Pool::register(&registry.with_label("b", "2").with_label("a", "1"));
    one.errors.inc();
    other.errors.inc();
    assert_eq!(value(&registry, "errors", &[("a", "1"), ("b", "2")]), Some(Value::Counter(2)));
    assert!(registry.conflicts().is_empty());
}

#[test]
fn what_an_instance_counted_stays_as_long_as_one_with_its_label_is_there() {
    let registry = Registry::new();
    let pool = |name: &str| Pool::register(&registry.with_label("pool", name));
    let (first, second, spare) = (pool("main"), pool("main"), pool("spare"));
    first.opened_total.with(Method::Get).add(5);
    second.opened_total.with(Method::Get).add(1);
    second.idle.set(9.0);
    spare.opened_total.with(Method::Get).add(2);
    let opened = |pool| value(&registry, "pool_opened_total", &[("pool", pool), GET]);
    drop(first);
    assert_eq!(opened("main"), Some(Value::Counter(6)), "no series falls");
    drop(second);
    assert_eq!(opened("main"), None, "nobody has that label any more");
    assert_eq!(value(&registry, "pool_idle", &[("pool", "main")]), None);
    assert_eq!(opened("spare"), Some(Value::Counter(2)));
    let again = pool("main");
    assert_eq!(opened("main"), Some(Value::Counter(0)), "which is a new series");
    drop((again, spare));
    assert!(registry.snapshot().families.is_empty());
}

#[test]
fn labels_that_come_and_go_leave_nothing_behind() {
    let registry = Registry::new();
    let _stays = Pool::register(&registry.with_label("connection", "stays"));
    for number in 0..100 {
        let pool = Pool::register(&registry.with_label("connection", number.to_string()));
        pool.errors.inc();
    }
    assert_eq!(registry.snapshot().family("errors").unwrap().series.len(), 1);
}

/// Why nothing of a pool is exported; its metrics work nevertheless.
#[track_caller]
fn problems(scoped: &Registry) -> Vec<String> {
    let pool = Pool::register(scoped);
    pool.errors.inc();
    assert_eq!(pool.snapshot().families.len(), 4);
    scoped.conflicts().into_iter().map(|conflict| conflict.problem).collect()
}

#[test]
fn what_no_name_can_be_is_a_conflict_rather_than_a_panic() {
    for (scoped, problem) in [
        (
            Registry::new().with_prefix("1a"),
            "`1a` is no prefix: use letters, digits and `_`, and no digit in front",
        ),
        (
            Registry::new().with_prefix(""),
            "`` is no prefix: use letters, digits and `_`, and no digit in front",
        ),
        (
            Registry::new().with_label("a-b", ""),
            "`a-b` is no label name: use letters, digits and `_`, and no digit in front",
        ),
        (Registry::new().with_label("le", "1"), "the label `le` is reserved; choose another name"),
        (
            Registry::new().with_label("__name__", "a"),
            "the label `__name__` is reserved; choose another name",
        ),
        (
            Registry::new().with_label("a", "1").with_label("a", "2"),
            "the label `a` is put on it twice; put it on once",
        ),
    ] {
        assert_eq!(problems(&scoped), [problem; 4]);
        assert!(scoped.snapshot().families.is_empty());
    }
}

#[test]
fn a_label_that_a_metric_has_itself_is_a_conflict_of_that_metric() {
    let scoped = Registry::new().with_label("method", "put");
    assert_eq!(
        problems(&scoped),
        ["it has a label `method` of its own; choose another name for the registry's"]
    );
    let conflict = &scoped.conflicts()[0];
    assert_eq!(conflict.name, "pool_opened_total");
}

#[test]
fn instances_with_other_names_of_labels_are_in_conflict() {
    let registry = Registry::new();
    let _pool = Pool::register(&registry);
    let _labelled = Pool::register(&registry.with_label("pool", "main"));
    let conflicts = registry.conflicts();
    assert_eq!(conflicts.len(), 4);
    assert!(conflicts[0].problem.contains("different label names"), "{}", conflicts[0]);
}

struct Temperatures;

impl Source for Temperatures {
    fn collect(&self, families: &mut Vec<Family>) {
        let outside = Family::new("outside_celsius", Kind::Gauge).with([("room", "a")], Value::Gauge(3.0));
        families.push(outside.with([("room", "b"), ("house", "theirs")], Value::Gauge(4.0)));
    }
}

#[test]
fn a_source_is_under_the_prefix_and_the_labels_too() {
    let registry = Registry::new();
    let source = Arc::new(Temperatures);
    registry.with_prefix("home").with_label("house", "ours").add_source(&source);
    let of = |labels: &[_]| value(&registry, "home_outside_celsius", labels);
    assert_eq!(of(&[("house", "ours"), ("room", "a")]), Some(Value::Gauge(3.0)));
    assert_eq!(of(&[("room", "b"), ("house", "theirs")]), Some(Value::Gauge(4.0)), "its own stays");
    assert!(registry.get_metric("home_outside_celsius").is_some());
    registry.with_prefix("1").add_source(&source);
    assert_eq!(registry.snapshot().families.len(), 1, "left out, and nothing panics");
}

#[test]
fn flattened_metrics_are_the_outer_ones() {
    #[derive(Metrics)]
    #[metrics(prefix = "shop", global = false, crate = crate)]
    struct Shop {
        /// Orders that were placed.
        orders_total: Counter,
        #[metric(flatten)]
        pool: Pool,
        #[metric(flatten, prefix = "cache")]
        cache: Cache,
        #[metric(skip)]
        name: String,
    }

    #[derive(Metrics)]
    #[metrics(global = false, crate = crate)]
    struct Cache {
        /// Hits.
        #[metric(otel_name = "hits")]
        hits_total: Counter,
        #[metric(flatten, prefix = "inner")]
        inner: Inner,
    }

    #[derive(Metrics)]
    #[metrics(global = false, crate = crate)]
    struct Inner {
        /// Entries.
        entries: Gauge,
        /// Theirs.
        #[metric(name_exact = "theirs.lag", unit = "{event}")]
        theirs: Gauge,
    }

    let registry = Registry::new();
    let shop = Shop::register(&registry);
    shop.orders_total.inc();
    shop.pool.idle.set(2.0);
    shop.cache.hits_total.add(3);
    shop.cache.inner.entries.set(4.0);
    shop.cache.inner.theirs.set(5.0);
    assert_eq!(shop.name, "");
    let names: Vec<_> = registry.snapshot().families.iter().map(|family| family.name.to_string()).collect();
    let mut described: Vec<_> = Shop::descriptors().map(|one| one.name.into_owned()).collect();
    assert_eq!(
        described,
        [
            "shop_orders_total",
            "pool_opened_total",
            "pool_idle",
            "pool_wait_seconds",
            "errors",
            "cache_hits_total",
            "cache_inner_entries",
            "theirs_lag",
        ]
    );
    described.sort();
    assert_eq!(names, described, "known without running as it is when it runs");
    for one in Shop::descriptors() {
        let family = registry.get_metric(&one.name).unwrap();
        assert_eq!(family.otel_name(), one.otel_name, "{}", one.name);
    }
    let snapshot = shop.snapshot();
    assert_eq!(snapshot.families.len(), 8);
    assert_eq!(snapshot.family("cache_hits_total").unwrap().otel_name(), "cache.hits");
    drop(shop);
    assert!(registry.snapshot().families.is_empty());
}
