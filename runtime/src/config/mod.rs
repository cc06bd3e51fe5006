//! Configuration: code, then `OTEL_*` and other variables that are agreed on, then variables with a prefix of the
//! program's choice, `SPANWRIGHT` unless [`Builder::prefix`](crate::telemetry::Builder::prefix) says otherwise;
//! each wins over those before it. An empty variable is unset.
//!
//! A value that can't be used is a [`Problem`]: it is printed once at the start and kept in
//! [`Guard::problems`](crate::telemetry::Guard::problems), and something else is used in its place. All are
//! reported, not only the first.
//!
#![doc = include_str!("variables.md")]
//!
//! Invariants:
//! - a key is one row of the table in `keys`, and one rule in `decide`, which does not compile without it;
//! - the environment is read once, in one place, and comes in as an argument;
//! - no value of a secret gets into a message or into `Debug`.

mod decide;
mod decided;
mod environment;
mod jaeger;
mod keys;
mod kind;
mod near;
mod pairs;
mod problem;
mod secret_names;
mod url;

pub(crate) use decided::{
    Config, LogsExporter, MetricsExporter, Otlp, PushSettings, RootSampling, SampleRule, TraceExporter,
    Traces, Zipkin,
};
#[allow(unused_imports, reason = "named once the pipeline does what they say")]
pub(crate) use decided::{Limits, QueueSettings, Recording, RuleKey, Sampling, TailPolicy};
pub(crate) use environment::Environment;
pub(crate) use jaeger::JaegerEndpoint;
pub(crate) use keys::Settings;
pub(crate) use kind::{
    BaseEndpoint, Count, Filter, HashKey, Kind, Millis, PerSecond, Propagators, Ratio, RingBytes,
    RootSampler, SamplerName, TracesExporterName, ZipkinEndpoint, parse_key, set_rule,
};
pub use kind::{LogFormat, OtlpCompression, OtlpProtocol};
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(crate) use pairs::decode;
pub(crate) use pairs::{REDACTED, Shown, check_header, redacted, set as set_pair};
pub use problem::{Instead, Problem, ShownValue};
#[cfg(feature = "tower")]
pub(crate) use secret_names::is_secret;
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(crate) use url::{hidden_parts, without_secrets};

use keys::{KEYS, Reader};

/// The prefix of variables where the program chooses none.
pub(crate) const DEFAULT_PREFIX: &str = "SPANWRIGHT";

impl Config {
    /// Decides every key from what `code` says and what the environment says over it.
    pub(crate) fn resolve(
        prefix: &str,
        mut code: Settings,
        environment: &Environment,
        program: &str,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut reader = Reader { environment, prefix, problems: &mut problems };
        let mut from_environment = Settings::read(&mut reader, &code);
        problems.extend(nearly_ours(prefix, environment));
        let jaeger = variables_of_jaeger(prefix, environment);
        from_environment.translate_jaeger(Some(&jaeger), &mut problems);
        code.yield_to(&from_environment);
        code.translate_jaeger(None, &mut problems);
        let said = Said { environment, settings: from_environment.clone() };
        let settings = from_environment.add_to(&mut code).over(code);
        (settings.decide(&said, prefix, program, &mut problems), problems)
    }
}

/// What the environment says by itself, for messages that name a variable.
struct Said<'a> {
    environment: &'a Environment,
    settings: Settings,
}

impl Said<'_> {
    /// The first of these variables that is set.
    fn first_set(&self, variables: &[&'static str]) -> Option<&'static str> {
        variables.iter().copied().find(|variable| self.environment.get(variable).is_some())
    }
}

impl Settings {
    /// Adds an exporter that code asks for.
    pub(crate) fn add_exporter(&mut self, exporter: TracesExporterName) {
        if !self.exporters_in_code.contains(&exporter) {
            self.exporters_in_code.push(exporter);
        }
    }

    /// Takes back what means something else next to what the environment says.
    fn yield_to(&mut self, environment: &Self) {
        // A base is for all signals, also where code is about one.
        if environment.otlp_endpoint.is_some() {
            self.otlp_traces_endpoint = None;
            self.otlp_logs_endpoint = None;
            self.otlp_metrics_endpoint = None;
        }
        if environment.otlp_endpoint.is_some() || environment.otlp_traces_endpoint.is_some() {
            self.jaeger_endpoint = None;
        }
        // A sampler comes with its argument, and our rate would win over it.
        if environment.sampler.is_some() {
            self.sample_rate = None;
            self.sampler_arg = None;
        }
        // What code asks for is exported besides what an endpoint asks for, but a list is the whole list.
        if environment.traces_exporter.is_some() {
            self.exporters_in_code = Vec::new();
        }
    }

    /// Adds these settings' lists to those of `code`, where lists add up.
    fn add_to(mut self, code: &mut Self) -> Self {
        // `service.name` among the attributes is below the variables for it, but above the code.
        let mut resource = code.resource_attributes.take().unwrap_or_default();
        for (key, value) in self.resource_attributes.take().into_iter().flatten() {
            if key == "service.name" && self.service_name.is_none() {
                self.service_name = Some(value);
            } else {
                set_pair(&mut resource, key, value);
            }
        }
        self.resource_attributes = Some(resource);
        let mut rules = code.sample_rules.take().unwrap_or_default();
        for rule in self.sample_rules.take().into_iter().flatten() {
            set_rule(&mut rules, rule);
        }
        self.sample_rules = Some(rules);
        self
    }
}

/// The variables about Jaeger that are set.
fn variables_of_jaeger(prefix: &str, environment: &Environment) -> Vec<String> {
    let names = [
        format!("{prefix}_JAEGER_ENDPOINT"),
        "OTEL_EXPORTER_JAEGER_ENDPOINT".to_owned(),
        "OTEL_EXPORTER_JAEGER_AGENT_HOST".to_owned(),
        "OTEL_EXPORTER_JAEGER_AGENT_PORT".to_owned(),
    ];
    names.into_iter().filter(|name| environment.get(name).is_some()).collect()
}

/// Variables with our prefix that are nearly ours. Others may be the program's own.
fn nearly_ours(prefix: &str, environment: &Environment) -> Vec<Problem> {
    let ours = || KEYS.iter().filter_map(|key| key.suffix);
    let mut near: Vec<_> = environment
        .names()
        .filter_map(|name| name.strip_prefix(prefix)?.strip_prefix('_'))
        .filter(|suffix| !ours().any(|known| known == *suffix))
        .filter_map(|suffix| Some((suffix, near::nearest(suffix, ours())?)))
        .map(|(suffix, meant)| Problem::NearlyOurs {
            variable: format!("{prefix}_{suffix}"),
            meant: format!("{prefix}_{meant}"),
        })
        .collect();
    near.sort_by_key(ToString::to_string);
    near
}

/// Reads an argument that was given in code.
pub(crate) fn parse<K: Kind>(text: &str) -> Result<K::Value, String> {
    K::parse(text).map_err(|reason| {
        let colon = if reason.is_empty() { "" } else { ": " };
        format!("is not {}{colon}{reason}", K::EXPECTS)
    })
}

/// What may not be meant by a good argument that was given in code.
pub(crate) fn remark<K: Kind>(text: &str) -> Option<String> {
    K::remark(text).map(|remark| format!("is {}{remark}", ShownValue::new(text)))
}

/// The table of variables in Markdown.
#[cfg(test)]
fn markdown() -> String {
    let mut text = "| Variable | What it says | May be | Default |\n| --- | --- | --- | --- |\n".to_owned();
    for key in KEYS {
        let prefixed = key.suffix.map(|suffix| format!("`<PREFIX>_{suffix}`"));
        let names: Vec<_> =
            prefixed.into_iter().chain(key.standard.iter().map(|name| format!("`{name}`"))).collect();
        let row =
            [names.join(", "), key.doc.trim().to_owned(), key.expects.to_owned(), key.default.to_owned()];
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests;
