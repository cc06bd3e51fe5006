//! What the benchmarks measure.

pub mod subjects;
