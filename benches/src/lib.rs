//! What the benchmarks measure.

pub mod metrics;
pub mod subjects;
