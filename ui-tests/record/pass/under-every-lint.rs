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

use spanwright::{instrument, record};

/// One line.
#[rustfmt::skip]
#[instrument(fields(id = Empty))]
pub fn one_line(id: u64) { record!(id = id) }

/// Only `record!` uses the parameter.
#[instrument(fields(id = Empty, twice = Empty))]
pub fn used_by_record(id: u64, mut other: u64) -> u64 {
    record!(id = id, twice = id * 2);
    other += 1;
    other
}

/// Only `record!` uses the parameter.
#[instrument(fields(id = Empty, twice = Empty), err)]
pub async fn used_by_record_async(id: u64, text: String) -> Result<(), String> {
    record!(id = id, twice = %text);
    one_line(7);
    record!(twice = (id, 7).1);
    Ok(())
}

/// A macro of the user's own, and what is recorded is never used.
#[instrument(fields(id = Empty))]
pub fn own_macro(id: u64) -> u64 {
    macro_rules! record {
        ($id:expr) => {
            $id + 1
        };
    }
    record!(id)
}

/// In a place that is never reached.
#[instrument(fields(id = Empty))]
pub fn diverges(id: u64) -> ! {
    record!(id = id);
    std::process::exit(0)
}

fn main() {
    one_line(7);
    assert_eq!(used_by_record(7, 8), 9);
    drop(used_by_record_async(7, String::new()));
    assert_eq!(own_macro(7), 8);
    diverges(0)
}
