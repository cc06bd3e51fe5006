#![no_implicit_prelude]
#![allow(non_snake_case, non_camel_case_types, dead_code, unused_macros)]

mod core {}
mod std {}
mod spanwright {}

use ::spanwright::{Counter, Label, Metrics, instrument};

fn Ok() {}
fn Err() {}
fn Some() {}
fn drop() {}
struct None;
enum Result {}
enum Option {}
struct String;
struct Vec;
struct Box;
struct Level;
struct Outcome;
struct AnyOutcome;
struct bool;
struct str;
struct u32;
struct u64;
struct usize;
trait Future {}
trait Fn {}
trait FnOnce {}
trait Iterator {}
trait Send {}
trait Sized {}
trait Drop {}
trait Record {}
trait Labels {}
macro_rules! panic {
    () => {};
}
macro_rules! module_path {
    () => {};
}
macro_rules! file {
    () => {};
}
macro_rules! line {
    () => {};
}
macro_rules! unreachable {
    () => {};
}

#[derive(Label)]
enum Tier {
    Free,
    Paid,
}

const SITE: () = ();
const NAME: &'static ::core::primitive::str = "stopping";
const ENTRY: () = ();

#[instrument(enabled = on, parent = cx, follows_from = [cx], component = "a.b")]
fn switched(on: ::core::primitive::bool, cx: &::spanwright::Context) {}

#[instrument(enabled = on, parent = cx, metrics(into = into))]
async fn switched_report(on: ::core::primitive::bool, cx: ::spanwright::Context, into: &Running) {}

#[derive(Metrics)]
#[metrics(prefix = "running")]
struct Running {
    /// Calls that have ended.
    #[metric(role = calls)]
    calls_total: Counter,
}

/// Takes money.
#[instrument(
    name = "pay",
    level = "debug",
    target = "shop",
    record(id, ?tags, %user),
    fields(shop.city = "Oslo", shop.size = 7_u8, later = Empty),
    err(level = WARN),
    metrics(prefix = "shop", labels(operation = "pay", tier, big: ::core::primitive::bool = id > 9), buckets = [0.1, 1], in_flight),
)]
fn charge(
    id: ::core::primitive::u64,
    tags: &[::core::primitive::u8],
    user: &::core::primitive::str,
    tier: Tier,
) -> ::core::result::Result<::core::primitive::u64, ::std::string::String> {
    if id == 0 {
        return ::core::result::Result::Err(::std::string::String::new());
    }
    ::core::result::Result::Ok(id)
}

#[instrument(record_all, skip(_tier), err(Debug), metrics(in_flight))]
async fn refund(
    id: ::core::primitive::u64,
    _tier: Tier,
) -> ::core::result::Result<(), ::std::string::String> {
    other(id).await;
    ::core::result::Result::Ok(())
}

#[instrument]
async fn other(id: ::core::primitive::u64) -> ::core::option::Option<::core::primitive::u64> {
    ::core::option::Option::Some(id)
}

#[instrument]
#[track_caller]
fn place() -> ::core::primitive::u32 {
    ::core::panic::Location::caller().line()
}

#[instrument(name = NAME, slo(success = "99%", latency("90%" < "1s"), latency("99%" < "2.5s"), page = false))]
fn stop() -> ! {
    ::std::process::exit(0)
}

#[derive(Metrics)]
#[metrics(prefix = "hostile")]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
    /// Those that failed.
    #[metric(role = errors)]
    failures_total: Counter,
}

struct Store {
    shop: Shop,
}

impl Store {
    #[instrument(metrics(into = self.shop))]
    fn sell(&self) -> ::core::primitive::u32 {
        7
    }

    #[instrument(err(Debug), metrics(into = &self.shop, labels = ()))]
    async fn send(&self) -> ::core::result::Result<(), ::std::string::String> {
        other(7).await;
        ::core::result::Result::Ok(())
    }
}

#[instrument(metrics = Shop, slo(success = "99%"))]
#[track_caller]
fn reported() {}

fn main() {
    let store = Store { shop: Shop::register(&::spanwright::Registry::new()) };
    let _ = store.sell();
    let _ = store.send();
    reported();
    let _ = charge(7, &[], "ada", Tier::Free);
    let _ = refund(7, Tier::Paid);
    let _ = place();
}
