//! A crate that denies every lint there is.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    unused,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    let_underscore,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    unused_lifetimes,
    unused_import_braces,
    unused_extern_crates,
    unused_macro_rules,
    single_use_lifetimes,
    explicit_outlives_requirements,
    meta_variable_misuse,
    elided_lifetimes_in_paths,
    redundant_lifetimes,
    variant_size_differences,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    ffi_unwind_calls,
    unit_bindings
)]

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics, Registry};

/// A tier.
#[derive(Clone, Copy, Debug, Label)]
pub enum Tier {
    /// Free.
    Free,
    /// Paid.
    Paid,
}

/// Public metrics.
#[derive(Debug, Metrics)]
pub struct Public {
    /// Orders that were placed.
    pub orders_total: Counter<Tier>,
    /// Nobody looks at this one.
    #[deprecated]
    pub old: Gauge,
}

/// Generic metrics, which have no global instance.
#[derive(Debug, Metrics)]
pub struct Generic<L: Labels, M>
where
    M: Labels + 'static,
{
    /// Orders that were placed.
    pub placed_total: Counter<L>,
    /// How long it took.
    pub latency_seconds: Histogram<M>,
}

/// Metrics with all that can be said of them.
#[derive(Debug, Metrics)]
#[metrics(prefix = "all")]
pub struct All {
    /// Orders that were placed.
    #[metric(role = calls, otel_name = "orders", panel(title = "Orders", row = "Shop", kind = timeseries, hidden))]
    pub orders_total: Counter<Tier>,
    /// Orders that were placed in the end.
    #[metric(
        role = duration,
        name_exact = "orders.time",
        unit = "ms",
        buckets = [1.0],
        threshold(warning = 1, critical = 2),
        alert(when = "> 1", for = "5m", severity = "info", name = "Slow", summary = "Slow.", quantile = 0.5),
        alert(expr = "$metric > 1")
    )]
    pub time: Histogram<Tier>,
    /// The pool's.
    #[metric(flatten, prefix = "pool")]
    pub pool: Instances<Tier>,
    /// No metric.
    #[metric(skip)]
    pub name: String,
}

/// Metrics of instances.
#[derive(Debug, Metrics)]
#[metrics(global = false)]
pub struct Instances<L: Labels> {
    /// How many there are.
    pub count: Gauge<L>,
    /// Calls.
    #[metric(role = calls)]
    pub calls_total: Counter<L>,
    /// No metric.
    #[metric(skip)]
    pub marker: std::marker::PhantomData<L>,
}

mod inner {
    #[derive(spanwright::Metrics)]
    pub(super) struct Hidden {
        /// Orders that were placed.
        pub(in crate::inner) hidden_total: spanwright::Counter,
    }

    pub(super) fn count() {
        Hidden::global().hidden_total.inc();
    }
}

/// Made by a macro.
macro_rules! metrics {
    ($name:ident, $prefix:literal, $($(#[$meta:meta])* $field:ident: $ty:ty),*) => {
        /// Metrics.
        #[derive(Debug, Metrics)]
        #[metrics(prefix = $prefix)]
        #[allow(missing_docs)]
        pub struct $name { $(
            $(#[$meta])*
            pub $field: $ty
        ),* }
    };
}

metrics!(Made, "made",
    /// Orders that were placed.
    made_total: Counter<Tier>,
    #[metric(help = "Orders that are open.")]
    open: Gauge
);

fn main() {
    #[derive(Debug, Metrics)]
    struct Local {
        /// Orders that were placed.
        local_total: Counter,
    }

    Local::global().local_total.inc();
    Public::global().orders_total.with(Tier::Paid).inc();
    Made::global().made_total.with(Tier::Free).inc();
    inner::count();
    All::global().pool.count.with(Tier::Free).set(1.0);
    let registry = Registry::new();
    let generic = Generic::<Tier, ()>::register(&registry);
    generic.latency_seconds.observe(1.0);
}
