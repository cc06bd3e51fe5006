//! The buckets of histograms that do not state any.

use super::{Buckets, TimeUnit};

/// Upper bounds of a duration's buckets where none are stated, in seconds, in steps of 1, 2.5 and 5: OpenTelemetry's for
/// HTTP durations (semantic conventions 1.44, `http.server.request.duration`) without 0.075, 0.75 and 7.5, and five more
/// below 5 ms, where most functions are. In parts of a second they are as many of those; in minutes, hours and days, they are
/// these numbers.
pub const DURATION_BUCKETS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds of other buckets where none are stated: the OpenTelemetry SDK specification's default for explicit
/// bucket histograms, without its first, 0.
pub const DEFAULT_BUCKETS: &[f64] =
    &[5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0];

impl Buckets {
    /// The upper bounds of values in a unit where none are stated.
    #[must_use]
    pub fn default_bounds(unit: &str) -> Vec<f64> {
        match TimeUnit::named(unit) {
            Some(unit) => Self::durations(unit.in_a_second()),
            None => DEFAULT_BUCKETS.to_vec(),
        }
    }

    /// The bounds of durations, in a unit of which so many are in a second.
    #[must_use]
    pub fn durations(in_a_second: f64) -> Vec<f64> {
        // Rounded, since 0.0005 × 1000 is not 0.5 to the last bit.
        DURATION_BUCKETS.iter().map(|bound| (bound * in_a_second * 1e6).round() / 1e6).collect()
    }
}
