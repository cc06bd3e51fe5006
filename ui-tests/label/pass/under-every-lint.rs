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

use spanwright::Label;

/// A status.
#[derive(Clone, Copy, Debug, Label)]
#[non_exhaustive]
#[repr(i8)]
pub enum Status {
    /// Placed.
    Placed = -7,
    /// Gone.
    #[deprecated]
    Gone = 5,
    /// Paid.
    #[label(rename = "PAID!")]
    Paid = 9,
}

/// Made by a macro.
macro_rules! label {
    ($vis:vis $name:ident, $text:literal: $($variant:ident),*) => {
        /// A label.
        #[derive(Clone, Copy, Debug, Label)]
        #[label(name = $text, rename_all = "SCREAMING_SNAKE_CASE")]
        $vis enum $name { $(
            /// A value.
            $variant
        ),* }
    };
}

label!(pub Tier, "tier_of_service": FreeOfCharge, Paid);

fn main() {
    assert_eq!(Status::VALUES, ["placed", "gone", "PAID!"]);
    assert_eq!(Status::Paid.index(), 2);
    assert_eq!(Tier::VALUES, ["FREE_OF_CHARGE", "PAID"]);
}
