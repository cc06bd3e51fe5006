//! Where the `opentelemetry` API's current span meets ours: all that other modules call for it.
//!
//! Without the feature `opentelemetry` nothing of this is left in the machine code. With it, each function is one relaxed
//! load until the telemetry is installed with [`Builder::opentelemetry`](crate::telemetry::Builder::opentelemetry).

#[cfg(not(feature = "opentelemetry"))]
pub(crate) use absent::{around, entered, join, leave, left};

#[cfg(feature = "opentelemetry")]
pub(crate) use crate::opentelemetry::{around, entered, join, leave, left};

#[cfg(not(feature = "opentelemetry"))]
mod absent {
    use spanwright_core::context::Context;
    use spanwright_core::ids::SpanId;

    use crate::telemetry::Problem;

    #[inline(always)]
    pub(crate) const fn around(here: Context) -> Context {
        here
    }

    #[inline(always)]
    pub(crate) const fn entered(_own: Context) {}

    #[inline(always)]
    pub(crate) const fn left(_own: SpanId) {}

    pub(crate) const fn join() -> Result<(), Problem> {
        Err(Problem::Feature { setting: "opentelemetry", feature: "opentelemetry" })
    }

    pub(crate) const fn leave() {}
}
