#![no_implicit_prelude]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code, unused_macros)]

mod core {}
mod std {}
mod spanwright {}

use ::spanwright::{instrument, record};

fn Some() {}
fn Ok() {}
fn __span() {}
fn __value0() {}
struct None;
struct Values;
struct SpanHandle;
struct Outside;
enum Option {}
trait FnOnce {}
trait Copy {}
trait Record {}
macro_rules! record_fields {
    () => {};
}
macro_rules! body {
    () => {};
}

const SITE: ::core::primitive::u8 = 7;
const site: ::core::primitive::u8 = 7;
const fields: ::core::primitive::u8 = 7;

#[instrument(fields(id = Empty, a.b = Empty), err(Debug), metrics)]
fn charge(
    inside: ::core::primitive::u64,
    outside: &::core::primitive::str,
) -> ::core::result::Result<::core::primitive::u8, ::std::string::String> {
    let __span = 7;
    record!(id = inside, a.b = %outside);
    ::spanwright::record!(id = SITE, a.b = ?__span);
    ::core::result::Result::Ok(site + fields)
}

#[instrument(fields(id = Empty))]
async fn refund(__value0: ::core::primitive::u64, __open: ::core::primitive::u64) {
    record!(id = __value0);
    record!(id = __open + SITE as ::core::primitive::u64);
}

fn main() {
    let _ = charge(7, "x");
    let _ = refund(7, 8);
}
