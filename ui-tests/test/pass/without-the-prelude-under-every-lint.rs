#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]

extern crate spanwright as telemetry;

mod spanwright {}
mod core {}
mod std {}

#[telemetry::test(crate = telemetry)]
fn plain() {}

#[telemetry::test(crate = telemetry)]
fn says(mut captured: telemetry::testing::Captured) -> ::core::result::Result<(), ::std::string::String> {
    captured = ::core::clone::Clone::clone(&captured);
    if captured.spans().is_empty() {
        return ::core::result::Result::Ok(());
    }
    ::core::result::Result::Err(captured.tree())
}

#[telemetry::test(worker_threads = 1, crate = telemetry)]
#[should_panic]
async fn r#async(_: telemetry::testing::Captured) {
    ::std::panic!("as it should");
}

fn main() {}
