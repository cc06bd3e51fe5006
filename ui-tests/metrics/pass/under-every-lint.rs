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
    let registry = Registry::new();
    let generic = Generic::<Tier, ()>::register(&registry);
    generic.latency_seconds.observe(1.0);
}
