//! What metrics leave behind, and who comes in when they are gone.

use std::sync::Arc;
use std::time::SystemTime;

use spanwright_core::cells::StoreId;

use super::*;
use crate::registry::members::MOST_CONFLICTS;

#[derive(Clone, Copy, Labels)]
#[labels(crate = crate)]
struct Tenant<'a> {
    method: Method,
    #[label(max = 3)]
    tenant: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "conn", global = false, crate = crate)]
struct Conn {
    /// Requests that came in.
    requests_total: Counter<Tenant<'static>>,
    /// How large they were.
    #[metric(buckets = [10])]
    request_bytes: Observations<Tenant<'static>>,
}

#[derive(Metrics)]
#[metrics(prefix = "plain", global = false, crate = crate)]
struct Plain {
    /// Requests that came in.
    requests_total: Counter,
}

fn count(series: &Series) -> u64 {
    match &series.value {
        Value::Counter(count) => *count,
        Value::Histogram(histogram) => histogram.count(),
        other => panic!("{other:?}"),
    }
}

fn tenant(tenant: &str) -> Tenant<'_> {
    Tenant { method: Method::Get, tenant }
}

#[test]
fn however_many_texts_come_and_go_the_rest_is_bounded_and_adds_up() {
    let registry = Registry::new();
    let _stays = Conn::register(&registry);
    let before = own("spanwright_label_overflows_total");
    for number in 0..400 {
        let conn = Conn::register(&registry);
        conn.requests_total.with(tenant(&number.to_string())).add(2);
        conn.requests_total.with(tenant("0")).add(1);
        conn.request_bytes.with(tenant(&number.to_string())).observe(1.0);
    }
    for (name, sum) in [("conn_requests_total", 1_200), ("conn_request_bytes", 400)] {
        let family = registry.get_metric(name).unwrap();
        let of = |tenant| family.series(&[("method", "get"), ("tenant", tenant)]).map(count);
        assert_eq!(family.series.len(), 4, "{family:?}");
        assert_eq!(family.series.iter().map(count).sum::<u64>(), sum);
        assert_eq!(of("1"), Some(sum / 400 - (sum / 1_200)), "{family:?}");
        assert!(of("other") > Some(300));
    }
    // Those of other tests may come on top.
    assert!(own("spanwright_label_overflows_total") >= before + 2 * 397);
}

#[test]
fn a_label_that_leaves_and_returns_counts_since_its_return() {
    let registry = Registry::new();
    let conn = |name: &str| Plain::register(&registry.with_label("conn", name));
    let starts = || {
        let family = registry.get_metric("plain_requests_total").unwrap();
        let of = |name| family.start_of(family.series(&[("conn", name)]).unwrap());
        (family.start, of("a"), of("b"))
    };
    let (_a, b) = (conn("a"), conn("b"));
    let (family, a, first) = starts();
    assert_eq!(family, a, "the family counts since its oldest");
    let second_b = conn("b");
    drop(b);
    assert_eq!(starts(), (family, a, first), "others of its label were there meanwhile");
    drop(second_b);
    let before = Some(SystemTime::now());
    std::thread::sleep(Duration::from_millis(1));
    let _b = conn("b");
    let (family_now, a_now, b_now) = starts();
    assert_eq!((family_now, a_now), (family, a));
    assert!(b_now > before, "{b_now:?} {before:?}");
}

#[test]
fn what_was_counted_in_a_store_stays_in_that_store() {
    let registry = Registry::new();
    let store = Context { store: StoreId::create(), ..Context::NONE };
    let (_stays, goes) = (Plain::register(&registry), Plain::register(&registry));
    let value = || value(&registry, "plain_requests_total", &[]);
    goes.requests_total.add(5);
    {
        let _within = store.attach();
        goes.requests_total.add(70);
        drop(goes);
        assert_eq!(value(), Some(Value::Counter(70)));
    }
    assert_eq!(value(), Some(Value::Counter(5)));
}

#[test]
fn who_was_refused_comes_in_when_nobody_is_in_the_way_any_more() {
    let registry = Registry::new();
    let plain = Plain::register(&registry);
    let [first, second, gone] =
        ["a", "b", "c"].map(|name| Plain::register(&registry.with_label("conn", name)));
    first.requests_total.add(3);
    second.requests_total.add(4);
    let families = || registry.snapshot().families;
    assert_eq!(families()[0].series.len(), 1);
    drop(gone);
    drop(plain);
    let requests = registry.get_metric("plain_requests_total").unwrap();
    assert_eq!(requests.series.len(), 2);
    assert_eq!(requests.series(&[("conn", "a")]).map(count), Some(3));
    let again = Plain::register(&registry);
    again.requests_total.inc();
    drop((first, second));
    assert_eq!(families()[0].series(&[]).map(count), Some(1), "and again");
    drop(again);
    assert!(families().is_empty());
}

#[test]
fn a_label_of_the_registrys_in_one_place_alone_is_refused_with_its_own_remedy() {
    let registry = Registry::new();
    let _plain = Plain::register(&registry);
    let _labelled = Plain::register(&registry.with_label("conn", "a"));
    let [conflict] = &registry.conflicts()[..] else { panic!("{:?}", registry.conflicts()) };
    assert!(
        conflict.problem.ends_with(
            "has the same name and different label names; give both the same ones with `Registry::with_label`, or \
             keep `global()` out of the default registry with `#[metrics(global = false)]`"
        ),
        "{conflict}"
    );
}

#[test]
fn conflicts_are_kept_once_for_each_problem_and_bounded() {
    let registry = Registry::new();
    for _ in 0..10 {
        drop(Plain::register(&registry.with_label("le", "x")));
    }
    assert_eq!(registry.conflicts().len(), 1);
    for number in 0..2 * MOST_CONFLICTS {
        drop(Plain::register(&registry.with_prefix(format!("p{number}")).with_label("le", "x")));
    }
    assert_eq!(registry.conflicts().len(), MOST_CONFLICTS);
}

#[test]
fn two_metrics_with_one_name_for_opentelemetry_are_in_conflict() {
    #[derive(Metrics)]
    #[metrics(global = false, crate = crate)]
    struct Lag {
        /// How far behind.
        #[metric(name_exact = "queue.lag")]
        lag: Gauge,
    }
    #[derive(Metrics)]
    #[metrics(global = false, crate = crate)]
    struct Other {
        /// Something else.
        #[metric(name = "other_total", otel_name = "queue.lag")]
        other: Counter,
    }
    #[derive(Metrics)]
    #[metrics(global = false, crate = crate)]
    struct Named<L: Labels> {
        /// What Prometheus calls so.
        #[metric(name = "lag_items")]
        lag: Gauge<L>,
        /// What OpenTelemetry calls so.
        #[metric(name = "items", otel_name = "lag_items")]
        items: UpDownCounter<L>,
    }
    let registry = Registry::new();
    let lags = [Lag::register(&registry), Lag::register(&registry)];
    let other = Other::register(&registry);
    other.other.add(2);
    let [conflict] = &registry.conflicts()[..] else { panic!("{:?}", registry.conflicts()) };
    assert_eq!(conflict.name, "other_total");
    let problem = "`queue_lag`, has the same name for OpenTelemetry, `queue.lag`; rename one of them";
    assert!(conflict.problem.ends_with(problem), "{conflict}");
    drop(lags);
    let families = registry.snapshot().families;
    assert_eq!((families.len(), families[0].name.as_str()), (1, "other_total"));
    let registry = Registry::new();
    let _named = Named::<()>::register(&registry);
    assert_eq!((registry.snapshot().families.len(), registry.conflicts().len()), (1, 1));
}

/// What takes time is what one does, rather than what all have done: with the lock held for each of them, all are read.
#[test]
fn many_labelled_instances_come_and_go() {
    let registry = Registry::new();
    let all: Vec<_> =
        (0..5_000).map(|number| Plain::register(&registry.with_label("peer", number.to_string()))).collect();
    assert_eq!(registry.get_metric("plain_requests_total").unwrap().series.len(), 5_000);
    let kept = all.into_iter().nth(2_500);
    assert_eq!(registry.get_metric("plain_requests_total").unwrap().series.len(), 1);
    drop(kept);
    assert!(registry.snapshot().families.is_empty());
}

/// Series of another registry, which say themselves since when they count.
struct Theirs(Vec<Family>);

impl Source for Theirs {
    fn collect(&self, families: &mut Vec<Family>) {
        families.extend(self.0.iter().cloned());
    }
}

#[test]
fn what_a_source_says_keeps_its_own_start() {
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let family = |start, names: &[&'static str], own| {
        let family = Family { start, ..Family::new("theirs_total", Kind::Counter) };
        let mut family = names.iter().fold(family, |all, name| all.with([("a", *name)], Value::Counter(1)));
        family.series[0].start = own;
        family
    };
    let registry = Registry::new();
    let theirs = Arc::new(Theirs(vec![family(at(2), &["x", "y"], at(7)), family(at(1), &["z", "x"], None)]));
    registry.add_source(&theirs);
    let family = registry.get_metric("theirs_total").unwrap();
    let starts: Vec<_> = family.series.iter().map(|series| series.start).collect();
    assert_eq!((family.start, starts), (at(1), vec![None, at(2), None]));
}
