#![no_implicit_prelude]
#![allow(non_camel_case_types, dead_code)]

mod core {}
mod std {}
mod spanwright {}

struct OnceLock;
struct Registry;
struct Metrics;
struct Metric;
struct Counter;
enum Option {}
#[allow(non_snake_case)]
fn Some() {}
static GLOBAL: () = ();

#[derive(::spanwright::Metrics)]
#[metrics(prefix = "shop")]
struct Shop {
    /// Orders that were placed.
    orders_total: ::spanwright::Counter,
    #[doc = "How long an order took."]
    #[metric(buckets = [0.1, 1, 10.0])]
    r#latency_seconds: ::spanwright::Histogram,
    /// Orders that are open.
    open: ::spanwright::UpDownCounter,
    /// What is left.
    ///
    /// In percent.
    #[metric(name = "left_ratio", unit = "ratio")]
    left: ::spanwright::Gauge,
    /// Wie groß der größte war. 最大の注文です。
    #[metric(threshold(warning = 0.8, critical = 0.95), panel(title = "Größe", kind = stat), alert(when = "> 1", for = "5m"))]
    r#type: ::spanwright::Gauge,
    /// What OpenTelemetry calls so.
    #[metric(name_exact = "pool.use", unit = "1")]
    pool_use: ::spanwright::Gauge,
    #[doc = ::std::concat!("Made by ", "a macro.")]
    made: ::spanwright::Gauge,
    #[metric(flatten)]
    plain: Plain,
    #[metric(flatten, prefix = "calls")]
    calls: Calls,
    #[metric(skip)]
    _skipped: (),
}

#[derive(::spanwright::Metrics)]
#[metrics(global = false)]
struct Plain {
    /// How many there are.
    count: ::spanwright::Gauge,
}

#[derive(::spanwright::Metrics)]
struct Calls {
    /// Calls.
    #[metric(role = calls)]
    all_total: ::spanwright::Counter<Tenant<'static>>,
    /// How long they took.
    #[metric(role = duration, alert(expr = "$metric > 1"))]
    time_seconds: ::spanwright::Histogram<Tenant<'static>>,
}

#[derive(::spanwright::Labels)]
struct Tenant<'a> {
    #[label(max = 2)]
    tenant: &'a str,
}

#[::spanwright::instrument(metrics(into = Calls::global(), labels = Tenant { tenant }))]
fn call(tenant: &str) {}

fn main() {
    Shop::global().orders_total.inc();
    let registry = ::spanwright::Registry::new();
    let shop = <Shop as ::spanwright::Metrics>::register(&registry);
    shop.orders_total.add(2);
    call(&::std::string::String::new());
    shop.plain.count.set(1.0);
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[4].name, "shop_type");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[5].name, "pool_use_ratio");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[6].help, "Made by a macro.");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::NESTED[1].prefix, "calls");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[3].help, "What is left. In percent.");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[3].name, "shop_left_ratio");
}
