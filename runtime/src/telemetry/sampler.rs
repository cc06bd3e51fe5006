//! How traces are sampled, as a program says it.

use crate::config::{RootSampler, RootSampling, SamplerName};

/// How traces are sampled: see [`Builder::sampler`](super::Builder::sampler).
///
/// ```
/// use spanwright::telemetry::Sampler;
///
/// // A tenth of all traces, and of these at most ten per second; whoever calls us decides nothing.
/// let sampler = Sampler::ratio(0.1).limit_per_second(10.0).parent_based(false);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it is for `Builder::sampler`"]
pub struct Sampler {
    pub(super) name: SamplerName,
    pub(super) ratio: Option<f64>,
    pub(super) per_second: Option<f64>,
}

impl Sampler {
    /// All traces.
    pub const fn always_on() -> Self {
        Self::root(RootSampler::AlwaysOn, None)
    }

    /// No trace, those aside that a parent in another process has sampled.
    pub const fn always_off() -> Self {
        Self::root(RootSampler::AlwaysOff, None)
    }

    /// A share of all traces, from 0.0 to 1.0, chosen by their ids.
    pub const fn ratio(ratio: f64) -> Self {
        Self::root(RootSampler::Ratio, Some(ratio))
    }

    const fn root(root: RootSampler, ratio: Option<f64>) -> Self {
        Self { name: SamplerName { parent_based: true, root }, ratio, per_second: None }
    }

    /// At most so many traces per second, of those that would be sampled: above 0.0, and at most a million. No limit by
    /// default.
    pub const fn limit_per_second(mut self, traces: f64) -> Self {
        self.per_second = Some(traces);
        self
    }

    /// Whether a parent in another process decides for its children, where there is one. It does by default.
    pub const fn parent_based(mut self, parent_based: bool) -> Self {
        self.name.parent_based = parent_based;
        self
    }
}

/// How the traces of one place are sampled: see [`Builder::sample_rule`](super::Builder::sample_rule).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SampleRate {
    /// All of them.
    On,
    /// None of them.
    Off,
    /// This share, from 0.0 to 1.0.
    Ratio(f64),
    /// At most so many per second: above 0.0, and at most a million.
    PerSecond(f64),
}

impl From<SampleRate> for RootSampling {
    fn from(rate: SampleRate) -> Self {
        match rate {
            SampleRate::On => Self::ALWAYS_ON,
            SampleRate::Off => Self::ALWAYS_OFF,
            SampleRate::Ratio(ratio) => Self { ratio, per_second: None },
            SampleRate::PerSecond(limit) => Self { per_second: Some(limit), ..Self::ALWAYS_ON },
        }
    }
}
