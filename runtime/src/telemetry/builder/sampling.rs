//! Which traces are kept.

use std::time::Duration;

use super::Builder;
use crate::Enabled;
use crate::config::{self, PerSecond, Ratio, SampleRule, check_name, parse_key, set_component, set_rule};
use crate::telemetry::{SampleRate, Sampler};

impl Builder {
    /// The share of traces that is recorded, from 0.0 to 1.0, where there is no parent to decide it. All by default.
    /// It wins over [`Builder::sampler`]'s share. Anything else is a [`Problem`](super::Problem) and ignored.
    pub fn sample_rate(mut self, rate: f64) -> Self {
        self.code.sample_rate = self.number::<Ratio>("sample_rate", rate);
        self
    }

    /// How traces are sampled. By default all of them are, where there is no parent to decide it. A share or limit out
    /// of its range is a [`Problem`](super::Problem) and ignored.
    ///
    /// ```
    /// use spanwright::telemetry::{Sampler, Telemetry};
    ///
    /// let builder = Telemetry::builder().sampler(Sampler::ratio(0.1).limit_per_second(10.0));
    /// ```
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.code.sampler = Some(sampler.name);
        self.code.sampler_arg = sampler.ratio.and_then(|ratio| self.number::<Ratio>("sampler", ratio));
        self.code.sample_limit =
            sampler.per_second.and_then(|limit| self.number::<PerSecond>("sampler", limit));
        self
    }

    /// How traces are sampled that start in some place: a target, such as `shop::health`, which means the module and
    /// those within; a component, `component:db`; or a span, `name:checkout`. A name wins over a component, that over a
    /// target, and a longer target over a shorter one. A key or rate that can't be used is a
    /// [`Problem`](super::Problem) and ignored.
    ///
    /// ```
    /// use spanwright::telemetry::{SampleRate, Telemetry};
    ///
    /// let builder = Telemetry::builder()
    ///     .sample_rule("shop::health", SampleRate::Off)
    ///     .sample_rule("shop::search", SampleRate::PerSecond(10.0));
    /// ```
    pub fn sample_rule(mut self, key: &str, rate: SampleRate) -> Self {
        let key = parse_key(key).map_err(|reason| format!("`{}` {reason}", key.escape_debug()));
        let key = self.parsed("sample_rule", key);
        let checked = match rate {
            SampleRate::On | SampleRate::Off => Some(0.0),
            SampleRate::Ratio(ratio) => self.number::<Ratio>("sample_rule", ratio),
            SampleRate::PerSecond(limit) => self.number::<PerSecond>("sample_rule", limit),
        };
        if let (Some(key), Some(_)) = (key, checked) {
            let rules = self.code.sample_rules.get_or_insert_default();
            set_rule(rules, SampleRule { key, sampling: rate.into() });
        }
        self
    }

    /// How a component is switched, and those whose names begin with its name and a dot, until the program says otherwise
    /// by [`component`](crate::component()). An empty name is a [`Problem`](super::Problem) and ignored.
    ///
    /// ```
    /// use spanwright::{Enabled, Telemetry};
    ///
    /// let builder = Telemetry::builder().component("cache", false).component("db", Enabled::METRICS);
    /// ```
    pub fn component(mut self, name: &str, enabled: impl Into<Enabled>) -> Self {
        let checked = check_name(name).map_err(|reason| format!("`{}` {reason}", name.escape_debug()));
        if let Some(name) = self.parsed("component", checked) {
            set_component(self.code.components.get_or_insert_default(), name, enabled.into());
        }
        self
    }

    /// Whether traces that were not sampled are kept where they have an error. Not by default.
    pub fn keep_errors(mut self, keep: bool) -> Self {
        self.code.keep_errors = Some(keep);
        self
    }

    /// Keeps traces that were not sampled where their first span in this process took longer. None is kept for that by
    /// default.
    pub fn keep_slower_than(mut self, duration: Duration) -> Self {
        self.code.keep_slower_than = Some(duration);
        self
    }

    /// Reads a number as a variable's would be.
    fn number<K: config::Kind<Value = f64>>(&mut self, method: &'static str, number: f64) -> Option<f64> {
        let wrong = |reason| format!("{number} {reason}");
        self.parsed(method, config::parse::<K>(&number.to_string()).map_err(wrong))
    }
}
