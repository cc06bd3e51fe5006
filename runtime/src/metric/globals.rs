//! What is known of structs of metrics and attributes before the program runs.

use linkme::distributed_slice;

/// Everything that the linker kept for the start, beside the callsites.
#[distributed_slice]
pub static GLOBALS: [Global];

/// What is done at the start, and what the binary says of it.
#[derive(Debug)]
pub struct Global {
    initialise: fn(),
    /// The struct of metrics, or the attributes, as a text that is found in the binary; or nothing.
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

    /// What the binary says; empty where that is nothing.
    #[cfg(feature = "catalog")]
    pub(crate) const fn record(&self) -> &'static [u8] {
        self.record.as_bytes()
    }
}
