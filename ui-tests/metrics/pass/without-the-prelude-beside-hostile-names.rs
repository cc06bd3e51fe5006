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
}

fn main() {
    Shop::global().orders_total.inc();
    let registry = ::spanwright::Registry::new();
    let shop = <Shop as ::spanwright::Metrics>::register(&registry);
    shop.orders_total.add(2);
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[3].help, "What is left. In percent.");
    ::std::assert_eq!(<Shop as ::spanwright::Metrics>::DESCRIPTORS[3].name, "shop_left_ratio");
}
