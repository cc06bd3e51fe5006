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

use std::process::{ExitCode, Termination};

/// One line.
#[spanwright::main(flavor = "current_thread")]
pub async fn one_line() {}

/// An exit code.
#[spanwright::main]
pub async fn exit_code() -> ExitCode {
    ExitCode::SUCCESS
}

/// Anything.
#[spanwright::main]
pub async fn anything() -> impl Termination {
    tokio_like().await
}

async fn tokio_like() {}

/// A program.
#[spanwright::main(crate = ::spanwright)]
pub fn result() -> Result<(), Box<dyn std::error::Error>> {
    let number: u8 = "7".parse()?;
    assert_eq!(number, 7);
    Ok(())
}

/// Never returns.
#[spanwright::main]
pub fn never() -> ! {
    std::process::exit(0)
}

/// Never returns.
#[spanwright::main]
pub async fn never_async() -> ! {
    std::process::exit(0)
}

fn main() {}
