//! The catalogue of the running program: what its binary describes, and what only the running program knows.

use spanwright_catalog::binary::Records;
use spanwright_catalog::{Buckets, Kind, Label, Metric, Service, Values};
use spanwright_core::catalog;
use spanwright_core::descriptor::{self, Dimension};

use crate::registry::{Family, Instrument, Registry, Snapshot, Value};

pub use spanwright_catalog as schema;

/// How many values of a label are supposed where nobody has said how many there can be: enough for a dashboard's variable.
const SUPPOSED: u32 = 100;

/// Everything that this program can emit, as the admin server's `/catalog` and the command `spanwright catalog` have it: the
/// annotated functions and the metrics that the linker kept, whether or not they have been called and counted, and the metrics
/// that have come to [the default registry](Registry::global) otherwise.
///
/// ```
/// use spanwright::{Counter, Metrics, instrument};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "shop")]
/// struct Shop {
///     /// Orders that were placed.
///     orders_total: Counter,
/// }
///
/// #[instrument(name = "shop.charge", component = "billing")]
/// fn charge(order: u64) {}
///
/// let catalog = spanwright::catalog();
/// let charge = catalog.spans.iter().find(|span| span.name == "shop.charge").expect("it is annotated");
/// assert_eq!(charge.component, "billing");
/// assert_eq!(catalog.metric("shop_orders_total").expect("it is a metric").help, "Orders that were placed.");
/// # std::fs::write(std::env::temp_dir().join("spanwright-catalog-example.json"), catalog.to_json())?;
/// # std::io::Result::Ok(())
/// ```
///
/// [`to_json`](schema::Catalog::to_json) is what is written to a file.
#[must_use]
pub fn catalog() -> schema::Catalog {
    of(&[Registry::global().clone()])
}

/// The same with the metrics of these registries.
pub(crate) fn of(registries: &[Registry]) -> schema::Catalog {
    let mut records = Records::default();
    crate::call::records().for_each(|(_, record)| {
        records.add(record.as_bytes());
    });
    crate::metric::GLOBALS.iter().for_each(|global| {
        records.add(global.record());
    });
    let mut catalog = records.into_catalog();
    for registry in registries {
        registry.instruments().iter().for_each(|instrument| add_instrument(&mut catalog, instrument));
        let snapshot = registry.snapshot();
        snapshot.families.iter().for_each(|family| add_family(&mut catalog, family));
        if catalog.service == Service::default() {
            catalog.service = service(&snapshot);
        }
    }
    catalog.sorted()
}

/// What the metrics about the program itself say whose they are.
fn service(snapshot: &Snapshot) -> Service {
    let info =
        ["target_info", "build_info"].into_iter().find_map(|name| snapshot.family(name)?.series.first());
    let label = |name| info.and_then(|info| info.labels.get(name)).unwrap_or_default().to_owned();
    Service { name: label("service_name"), version: label("service_version") }
}

/// Adds a metric that was made while the program runs, or what its registry puts on one.
fn add_instrument(catalog: &mut schema::Catalog, instrument: &Instrument) {
    let scoped = instrument.scope_labels();
    let known = catalog.metrics.iter_mut().find(|metric| *metric.name == *instrument.identity.name);
    match known {
        Some(_) if scoped.is_empty() => {}
        Some(metric) => {
            for (name, value) in scoped.iter().rev() {
                match metric.labels.iter_mut().find(|label| *label.name == **name) {
                    Some(Label { values: Values::Known(values), .. })
                        if !values.iter().any(|one| **one == **value) =>
                    {
                        values.push(value.to_string());
                        values.sort();
                    }
                    Some(_) => {}
                    None => metric.labels.insert(0, constant(name, value)),
                }
            }
        }
        None => catalog.metrics.push(of_instrument(instrument)),
    }
}

/// A label that has one value.
fn constant(name: &str, value: &str) -> Label {
    let values = Values::Known(vec![value.to_owned()]);
    Label { name: name.to_owned(), attribute: String::new(), help: String::new(), values }
}

/// Of what a derive has described, all that it says; its name and its labels are those in the registry.
fn of_instrument(instrument: &Instrument) -> Metric {
    let identity = &instrument.identity;
    let described = instrument.descriptor.and_then(|descriptor| {
        let of_one =
            catalog::Struct { descriptors: std::slice::from_ref(descriptor), ..catalog::Struct::NOTHING };
        let record = catalog::subject_text(&catalog::Subject::Metrics(of_one));
        let mut records = Records::default();
        records.add(record.as_bytes());
        let mut metric = records.into_catalog().metrics.pop()?;
        // What is called by its metric is called by the whole name.
        let by_metric = descriptor::Alert::name_of(descriptor.name);
        for alert in metric.alerts.iter_mut().filter(|alert| alert.name == by_metric) {
            alert.name = descriptor::Alert::name_of(&identity.name);
        }
        Some(metric)
    });
    let scoped = instrument.scope_labels().iter().map(|(name, value)| constant(name, value));
    let otel =
        identity.otel.as_ref().map(|otel| (otel.name.to_string(), otel.unit.to_string())).unwrap_or_default();
    let metric = described.unwrap_or_else(|| Metric::new(&*identity.name, kind(identity.kind)));
    Metric {
        name: identity.name.to_string(),
        otel_name: otel.0,
        otel_unit: otel.1,
        unit: identity.unit.to_string(),
        help: identity.help.to_string(),
        labels: scoped.chain(instrument.dimensions().map(|dimension| label(&dimension))).collect(),
        ..metric
    }
}

fn label(dimension: &Dimension) -> Label {
    Label {
        name: dimension.name.to_owned(),
        attribute: dimension.attribute.to_owned(),
        help: dimension.help.to_owned(),
        values: match dimension.values {
            descriptor::Values::Static(values) => {
                Values::Known(values.iter().map(|value| (*value).to_owned()).collect())
            }
            descriptor::Values::Text { max } => Values::Text { max },
        },
    }
}

const fn kind(kind: descriptor::Kind) -> Kind {
    match kind {
        descriptor::Kind::Counter => Kind::Counter,
        descriptor::Kind::UpDownCounter => Kind::UpDownCounter,
        descriptor::Kind::Gauge => Kind::Gauge,
        descriptor::Kind::Histogram => Kind::Histogram,
    }
}

/// Adds what a source of the registry's says: the process's metrics, Tokio's, or other libraries'.
fn add_family(catalog: &mut schema::Catalog, family: &Family) {
    if catalog.metric(&family.name).is_some() {
        return;
    }
    let mut labels: Vec<Label> = Vec::new();
    for name in family.series.iter().flat_map(|series| series.labels.names()) {
        if !labels.iter().any(|label| *label.name == **name) {
            let values = Values::Text { max: SUPPOSED };
            labels.push(Label { values, ..constant(name, "") });
        }
    }
    let buckets = family.series.iter().find_map(|series| match &series.value {
        Value::Histogram(histogram) => Some(Buckets::Explicit(histogram.bounds.to_vec())),
        Value::NativeHistogram(_) => Some(Buckets::Native),
        _ => None,
    });
    let otel =
        family.otel.as_ref().map(|otel| (otel.name.to_string(), otel.unit.to_string())).unwrap_or_default();
    catalog.metrics.push(Metric {
        otel_name: otel.0,
        otel_unit: otel.1,
        unit: family.unit.to_string(),
        help: family.help.to_string(),
        labels,
        buckets,
        ..Metric::new(&*family.name, kind(family.kind))
    });
}

#[cfg(test)]
mod tests;
