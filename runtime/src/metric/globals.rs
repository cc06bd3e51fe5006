//! What is known of structs of metrics before the program runs.

use linkme::distributed_slice;
use spanwright_core::catalog::Struct;

use super::Metrics;

/// Everything that the linker kept for the start, beside the callsites.
#[distributed_slice]
pub static GLOBALS: [Global];

/// What is done at the start, and the struct of metrics that it is about.
#[derive(Debug)]
pub struct Global {
    initialise: fn(),
    /// The struct as bytes that are found in the binary, or nothing.
    #[cfg_attr(not(feature = "catalog"), allow(dead_code, reason = "who reads it is not this program"))]
    record: &'static str,
}

impl Global {
    /// With what is to be done.
    #[must_use]
    pub const fn new(initialise: fn(), record: &'static str) -> Self {
        Self { initialise, record }
    }

    /// Does it.
    pub(crate) fn initialise(&self) {
        (self.initialise)();
    }

    /// The struct's record; empty where it is about none.
    #[cfg(feature = "catalog")]
    pub(crate) const fn record(&self) -> &'static [u8] {
        self.record.as_bytes()
    }
}

/// What is known of a struct of metrics. It has no instance but those that the program makes, where `is_instance` says so.
#[must_use]
pub const fn described<M: Metrics>(is_instance: bool) -> Struct {
    Struct { descriptors: M::DESCRIPTORS, derived: M::DERIVED, nested: M::NESTED, is_instance }
}
