#![no_implicit_prelude]
#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic)]
//! Events where nothing is imported.

use ::spanwright as telemetry;

mod core {}
mod std {}

/// Sent.
#[derive(telemetry::Event)]
#[event(crate = telemetry)]
pub struct Sent<'a, T: ::core::fmt::Debug> {
    /// To whom.
    pub to: &'a str,
    /// What.
    #[event(debug)]
    pub what: T,
    /// How often.
    pub times: ::core::option::Option<u32>,
}

/// Nothing in it.
#[derive(telemetry::Event)]
#[event(crate = telemetry, name = "cleared")]
pub struct Cleared;

fn main() {
    let sent = Sent { to: "a", what: 1, times: ::core::option::Option::None };
    telemetry::Event::emit(&sent);
    telemetry::Event::emit(&Cleared);
}
