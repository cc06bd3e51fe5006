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

use spanwright::{Counter, Label, Labels, Metrics, Registry};

/// A tier.
#[derive(Clone, Copy, Debug, Label)]
pub enum Tier {
    /// Free.
    Free,
    /// Paid.
    Paid,
}

/// An order's labels.
#[derive(Clone, Copy, Debug, Labels)]
#[labels(budget = 2000)]
pub struct Order<'a> {
    /// Its tier.
    pub tier: Tier,
    /// Whether it is paid.
    #[deprecated]
    pub paid: bool,
    /// Who placed it.
    #[label(max = 100)]
    pub tenant: &'a str,
}

/// The metrics.
#[derive(Debug, Metrics)]
pub struct Shop {
    /// Orders that were placed.
    pub orders_total: Counter<Order<'static>>,
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry);
    #[allow(deprecated)]
    shop.orders_total.with(Order { tier: Tier::Paid, paid: true, tenant: "ada" }).inc();
}
