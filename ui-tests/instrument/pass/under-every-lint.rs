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

use std::fmt::{Debug, Display};

use spanwright::{Counter, Histogram, Label, Metrics, UpDownCounter, instrument};

/// A tier.
#[derive(Clone, Copy, Debug, Label)]
pub enum Tier {
    /// Free.
    Free,
    /// Paid.
    Paid,
}

/// One line, without a block of its own.
#[rustfmt::skip]
#[instrument(record(id))]
pub fn one_line(id: u64) -> u64 { id }

/// A tail expression in parentheses, braces or a return.
#[instrument]
#[allow(clippy::needless_return)]
pub fn returns(id: u64) -> u64 {
    return id;
}

/// Nothing at all.
#[instrument]
pub fn empty() {}

/// Nothing at all.
#[instrument]
pub async fn empty_async() {}

/// Only the attribute uses the parameters.
#[instrument(record(id, ?request, %user), fields(sum = id + 1), metrics(prefix = "shop", labels(tier)))]
pub fn used_by_the_attribute(id: u64, request: &dyn Debug, user: impl Display, tier: Tier) {}

/// Only the attribute uses the parameters.
#[instrument(record_all, skip(user), err, metrics(in_flight))]
pub async fn used_by_the_attribute_async<U: Display>(
    id: u64,
    mut count: u64,
    user: U,
) -> Result<u64, String> {
    count += 1;
    drop(user);
    Ok(count)
}

/// A parameter that is assigned.
#[instrument]
pub async fn reassigned(mut text: &str) -> usize {
    if text.is_empty() {
        text = "nothing";
    }
    empty_async().await;
    text.len()
}

/// Elided and named lifetimes.
#[instrument(record(text))]
pub fn longest<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.len() > other.len() { text } else { other }
}

/// Documented, and must be used.
#[instrument]
#[must_use]
#[inline]
pub fn must_be_used(id: u64) -> Option<Result<u64, String>> {
    Some(Ok(id))
}

/// Never returns.
#[instrument]
pub fn never() -> ! {
    std::process::exit(0)
}

/// Never returns.
#[instrument]
pub async fn never_async() -> ! {
    loop {
        empty_async().await;
    }
}

/// Takes the caller's place.
#[instrument(record(id))]
#[track_caller]
pub fn place(id: u64) -> &'static std::panic::Location<'static> {
    std::panic::Location::caller()
}

/// What is sold.
#[derive(Debug, Metrics)]
#[metrics(prefix = "lints")]
pub struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    pub orders_total: Counter<Tier>,
    /// How long that took.
    #[metric(role = duration)]
    pub duration_seconds: Histogram<Tier>,
    /// Orders under way.
    #[metric(role = in_flight)]
    pub now: UpDownCounter<Tier>,
}

impl Shop {
    /// A place.
    #[instrument(metrics(into = *self, labels = tier))]
    pub fn sell(&self, tier: Tier) {
        let _ = tier;
    }

    /// A value.
    #[instrument(err, metrics(into = Self::global(), labels = Tier::Paid))]
    pub async fn send(&self, id: u64) -> Result<u64, String> {
        Ok(id)
    }
}

fn main() {
    Shop::global().sell(Tier::Free);
    assert_eq!(one_line(7), 7);
    assert_eq!(place(7).line(), line!());
}
