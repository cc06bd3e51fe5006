//! What the macros write themselves is what a `const fn` would have written, and what is known of it all.
#![allow(dead_code, reason = "they are known without anybody calling them")]

use spanwright_core::catalog::{self, Content};
use spanwright_core::descriptor::Spec;

use super::schema::{Indicator, Kind, Redaction, Values};
use crate::registry::{Family, Source, Value};
use crate::{
    Attribute, Attributes, Catalog, Counter, Gauge, Histogram, Label, Labels, Metrics, Registry, instrument,
};

const NAME: &str = "catalogue.constant";

#[derive(Clone, Copy, Label)]
#[label(crate = crate)]
enum Tier {
    Gold,
    Tin,
}

#[derive(Metrics)]
#[metrics(
    prefix = "catalogue",
    derived(name = "order_rate", help = "Orders per second.", expr = "sum(rate($orders_total[5m]))"),
    crate = crate
)]
struct Own {
    /// Orders.
    #[metric(alert(when = "> 5"))]
    orders_total: Counter<Tier>,
    #[metric(flatten, prefix = "catalogue_pool")]
    pool: Pool,
}

#[derive(Metrics)]
#[metrics(
    global = false,
    derived(name = "idle_share", help = "How idle.", unit = "ratio", expr = "$catalogue_idle / 10"),
    crate = crate
)]
struct Pool {
    /// Connections that nobody uses.
    #[metric(threshold(critical = 3))]
    catalogue_idle: Gauge,
}

#[derive(Metrics)]
#[metrics(global = false, crate = crate)]
struct Instances {
    /// How long.
    #[metric(unit = "milliseconds", quantiles(0.99, 0.5))]
    catalogue_wait_milliseconds: Histogram,
}

#[derive(Metrics)]
#[metrics(crate = crate)]
struct Generic<L: Labels> {
    /// Of any labels.
    #[metric(panel(row = "Generic"), alert(when = "> 1"))]
    catalogue_generic: Gauge<L>,
}

#[derive(Attributes)]
#[attributes(prefix = "catalogue.set", crate = crate)]
struct Set<'a> {
    /// Whose account it is.
    #[attribute(redact = hash, example = "DE0")]
    iban: &'a str,
    count: u32,
}

const ATTR_ALONE: Attribute<f64> = Attribute::new("catalogue.alone").with_help("Alone.");

static LISTED: Catalog = crate::catalog![Own, Generic<Tier>, Set<'static>, { ATTR_ALONE }];

/// Says hello.
///
/// And more.
#[instrument(
    name = "catalogue.\u{1f980} \"quoted\"", target = "t", level = "trace", kind = producer, component = "catalogue",
    fields(a.b = 1, "odd key" = Empty), crate = crate
)]
fn everything() {}

#[instrument(metrics, crate = crate)]
fn counted() {}

#[instrument(
    metrics(prefix = "catalogue_own", labels(operation = "x", r#type = "y"), buckets = [0.25, 1e9], in_flight),
    crate = crate
)]
fn measured() {}

#[instrument(metrics(prefix = "catalogue_native", labels(a = "b"), buckets = native), crate = crate)]
fn native() {}

#[instrument(name = NAME, metrics(prefix = "catalogue_typed", labels(tier)), crate = crate)]
fn typed(tier: Tier) {}

#[instrument(slo(success = "99.9%", latency("99%" < "250ms")), crate = crate)]
async fn promised() {}

fn debug_of(record: &str, target: &str) -> String {
    let (content, length) = catalog::read(record.as_bytes()).expect("it is one");
    assert_eq!(length, record.len());
    let Content::Span(mut spec) = content else { panic!("{content:?}") };
    if spec.target.is_empty() {
        spec.target = target;
    }
    format!("{spec:?}")
}

#[test]
fn what_a_macro_writes_is_what_a_const_fn_would() {
    let mut shapes = 0;
    for (spec, record) in crate::call::records() {
        let Spec { target, .. } = spec;
        assert_eq!(debug_of(record, target), debug_of(&catalog::span_text(spec), target));
        shapes += usize::from(spec.module == module_path!());
    }
    assert!(shapes >= 6, "the functions above, and those of all other tests");
}

#[test]
fn functions_are_there_before_they_are_called() {
    let catalog = super::catalog();
    let of = |function: &str| {
        catalog
            .spans
            .iter()
            .find(|span| span.function == function && span.place.module == module_path!())
            .unwrap()
    };
    let everything = of("everything");
    assert_eq!(everything.name, "catalogue.\u{1f980} \"quoted\"");
    assert_eq!((&*everything.target, &*everything.level, &*everything.kind), ("t", "TRACE", "producer"));
    assert_eq!((&*everything.component, &*everything.doc), ("catalogue", "Says hello."));
    assert_eq!(everything.attributes, ["a.b", "odd key"]);
    let counted = of("counted");
    assert_eq!((&*counted.target, &*counted.place.module), (module_path!(), module_path!()));
    assert!(counted.place.file.ends_with("catalog/tests.rs") && counted.place.line > 0);
    assert_eq!(counted.calls.as_ref().unwrap().total, "function_calls_total");
    let typed = of("typed");
    assert_eq!(typed.name, NAME);
    assert_eq!(
        typed.calls.as_ref().unwrap().labels[0].values,
        Values::Known(vec!["gold".into(), "tin".into()])
    );
    let [success, latency] = &*of("promised").objectives else { panic!("two") };
    assert_eq!((success.indicator, success.ratio), (Indicator::Success, 0.999));
    assert_eq!(latency.indicator, Indicator::Latency { seconds: 0.25, bucket: 0.25 });
}

#[test]
fn metrics_are_there_under_their_whole_names() {
    let catalog = super::catalog();
    let orders = catalog.metric("catalogue_orders_total").unwrap();
    assert_eq!((orders.kind, &*orders.alerts[0].name), (Kind::Counter, "CatalogueOrdersTotal"));
    let idle = catalog.metric("catalogue_pool_catalogue_idle").unwrap();
    assert_eq!(idle.threshold.unwrap().critical, Some(3.0));
    assert!(catalog.metric("catalogue_idle").is_none(), "it is a part, and never itself");
    let wait = catalog.metric("catalogue_wait_milliseconds").unwrap();
    assert!(format!("{:?}", wait.buckets).starts_with("Some(Explicit([0.1, 0.25, "), "{wait:?}");
    assert_eq!(wait.quantiles, [0.5, 0.99]);
    let calls = catalog.metric("catalogue_own_calls_total").unwrap();
    let names: Vec<_> = calls.labels.iter().map(|label| &*label.name).collect();
    assert_eq!(names, ["operation", "type", "outcome"]);
    assert!(catalog.metric("spanwright_callback_panics_total").is_some(), "our own");
}

#[test]
fn what_is_worked_out_has_whole_names() {
    let catalog = super::catalog();
    let of = |name: &str| catalog.derived.iter().find(|derived| derived.name == name).unwrap();
    let rate = of("catalogue_order_rate");
    assert_eq!((&*rate.expr, &*rate.help), ("sum(rate(catalogue_orders_total[5m]))", "Orders per second."));
    let share = of("catalogue_pool_idle_share");
    assert_eq!((&*share.expr, &*share.unit), ("catalogue_pool_catalogue_idle / 10", "ratio"));
}

#[test]
fn attributes_are_there() {
    let catalog = super::catalog();
    let of = |key: &str| catalog.attributes.iter().find(|attribute| attribute.key == key).unwrap();
    let iban = of("catalogue.set.iban");
    assert_eq!(
        (&*iban.value_type, &*iban.help, iban.redaction),
        ("string", "Whose account it is.", Redaction::Hashed)
    );
    assert_eq!(iban.examples, ["DE0"]);
    assert!(iban.place.file.ends_with("catalog/tests.rs") && iban.place.line > 0);
    assert_eq!(of("catalogue.set.count").value_type, "int");
    assert_eq!((&*of("catalogue.alone").value_type, &*of("catalogue.alone").help), ("double", "Alone."));
}

/// What is listed is what the linker kept; of what nothing else tells, the list alone does.
#[test]
fn what_is_listed_is_there_and_the_same() {
    assert_eq!((LISTED.len(), LISTED.is_empty()), (4, false));
    let (listed, all) = (LISTED.to_schema(), super::catalog());
    let names: Vec<_> = listed.metrics.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names, ["catalogue_generic", "catalogue_orders_total", "catalogue_pool_catalogue_idle"]);
    for metric in &listed.metrics {
        assert_eq!(all.metric(&metric.name), Some(metric));
    }
    assert_eq!((listed.derived.len(), listed.attributes.len()), (2, 3));
    assert!(listed.derived.iter().all(|derived| all.derived.contains(derived)));
    assert!(listed.attributes.iter().all(|attribute| all.attributes.contains(attribute)));
    assert!(catalog_of_nothing().metrics.is_empty());
}

fn catalog_of_nothing() -> super::schema::Catalog {
    static NOTHING: Catalog = crate::catalog![];
    NOTHING.to_schema()
}

#[test]
fn what_is_made_while_the_program_runs_is_there_too() {
    /// Somebody else's metrics.
    #[derive(Debug)]
    struct Others;
    impl Source for Others {
        fn collect(&self, families: &mut Vec<Family>) {
            let family = Family::new("catalogue_others", crate::registry::Kind::Gauge);
            families.push(family.with([("who", "me")], Value::Gauge(1.0)));
        }
    }

    let registry = Registry::new();
    let _generic = Generic::<Tier>::register(&registry.with_prefix("big").with_label("zone", "north"));
    let _instances = [1, 2].map(|one| Instances::register(&registry.with_label("pool", one.to_string())));
    let others = std::sync::Arc::new(Others);
    registry.add_source(&others);
    let catalog = super::of(&[registry]);

    let generic = catalog.metric("big_catalogue_generic").unwrap();
    assert_eq!((&*generic.help, &*generic.panel.row), ("Of any labels.", "Generic"));
    assert_eq!(generic.alerts[0].name, "BigCatalogueGeneric");
    let names: Vec<_> = generic.labels.iter().map(|label| &*label.name).collect();
    assert_eq!(names, ["zone", "tier"]);
    let wait = catalog.metric("catalogue_wait_milliseconds").unwrap();
    assert_eq!(wait.labels[0].values, Values::Known(vec!["1".into(), "2".into()]));
    assert_eq!(
        catalog.metric("catalogue_others").unwrap().labels[0].values,
        Values::Text { max: super::SUPPOSED }
    );
}
