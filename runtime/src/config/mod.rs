//! Configuration: code, then a [file](#the-file), then `OTEL_*` and other variables that are agreed on, then variables with a
//! prefix of the program's choice, `SPANWRIGHT` unless [`Builder::prefix`](crate::telemetry::Builder::prefix) says
//! otherwise; each wins over those before it. An empty variable is unset.
//!
//! A value that can't be used is a [`Problem`]: it is printed once at the start and kept in
//! [`Guard::problems`](crate::telemetry::Guard::problems), and something else is used in its place. All are
//! reported, not only the first. [`Telemetry::explain`](crate::Telemetry::explain) says what is in force, and where each
//! value comes from; `<PREFIX>_EXPLAIN_CONFIG` prints it.
//!
#![doc = include_str!("variables.md")]
//!
//! # The file
//!
//! A file of TOML, which `<PREFIX>_CONFIG` names, or
//! [`Builder::config_file`](crate::telemetry::Builder::config_file). It is read once, at the start; needs the feature `toml`.
//!
//! ```toml
//! [service]
//! name = "shop"
//!
//! [resource]
//! deployment.environment.name = "production"
//!
//! [logging]
//! level = "info,shop::store=debug"
//! format = "json"
//!
//! [tracing]
//! sample_rate = 0.1
//! sample_rules = ["shop::health=off", "name:checkout=on"]
//!
//! [otlp]
//! endpoint = "http://localhost:4318"
//!
//! [metrics]
//! port = 9091
//! ```
//!
//! Lists are strings as in variables, or arrays of strings; headers and the resource are tables of strings, which are not
//! percent-encoded. A key that there is not, a value of another type, or a file that can't be read is a [`Problem`] with the
//! file, line and column; the rest of the file is used. Nothing is used of a file that is no TOML.
//!
//! Invariants:
//! - a key is one row of the table in `keys`, and has its effect where `decide` reads it; the compiler warns of one that
//!   nobody reads;
//! - the environment is read once, in one place, and comes in as an argument;
//! - no value of a secret gets into a message or into `Debug`.

mod decide;
mod decided;
mod environment;
mod explanation;
mod file;
mod jaeger;
mod keys;
mod kind;
mod levels;
mod near;
mod pairs;
mod place;
mod problem;
mod reader;
mod secret_names;
mod standard;
mod url;

use std::path::Path;

#[cfg(feature = "server")]
pub(crate) use decided::AdminServer;
#[cfg(feature = "object_store")]
pub(crate) use decided::RecorderStore;
pub(crate) use decided::{
    Config, LogFile, LogsExporter, MetricsExporter, Otlp, PushSettings, RootSampling, SampleRule,
    TraceExporter, Traces, Zipkin,
};
#[allow(unused_imports, reason = "named once the pipeline does what they say")]
pub(crate) use decided::{
    Limits, Memory, QueueSettings, RecorderConfig, Recording, RuleKey, Sampling, TailPolicy,
};
pub(crate) use environment::Environment;
pub use explanation::{Explained, Explanation};
pub(crate) use jaeger::JaegerEndpoint;
pub(crate) use keys::Settings;
#[cfg(feature = "server")]
pub(crate) use kind::Components;
pub(crate) use kind::{
    AdminToken, BaseEndpoint, Count, Filter, HashKey, Kind, MemoryBytes, Millis, OwnLevel, PerSecond,
    Propagators, Ratio, RingBytes, RootSampler, SamplerName, Token, TracesExporterName, ZipkinEndpoint,
    check_name, parse_key, set_component, set_rule,
};
pub(crate) use kind::{FileBytes, JsonKey, JsonKeyList, JsonKeys};
pub use kind::{LogFormat, LogOutput, LogRotation, OtlpCompression, OtlpProtocol};
pub(crate) use kind::{LogPattern, LogPatterns, Piece, PiecePlace};
#[cfg(feature = "recorder")]
pub(crate) use kind::{RecorderSignal, StoreAddress};
pub(crate) use levels::TargetLevels;
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(crate) use pairs::decode;
pub(crate) use pairs::{REDACTED, Shown, check_header, redacted, set as set_pair};
pub use place::{FilePlace, Place};
pub use problem::{Instead, Problem, ShownValue};
#[cfg(feature = "tower")]
pub(crate) use secret_names::is_secret;
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(crate) use url::{hidden_parts, without_secrets};

use keys::KEYS;
use reader::Variables;

/// The prefix of variables where the program chooses none.
pub(crate) const DEFAULT_PREFIX: &str = "SPANWRIGHT";

/// What is resolved: what holds, what is wrong, and why it is so.
pub(crate) struct Resolved {
    pub(crate) config: Config,
    pub(crate) problems: Vec<Problem>,
    pub(crate) explanation: Explanation,
}

/// Decides every key from what `code` says, what the file says over it, and what the environment says over both.
pub(crate) fn resolve(
    prefix: &str,
    mut code: Settings,
    environment: &Environment,
    program: &str,
) -> Resolved {
    let mut problems = Vec::new();
    let document = read_file(prefix, &code, environment, &mut problems);
    let mut values = file::Values { document: &document, problems: &mut problems };
    let mut in_file = Settings::read(&mut values, &code);
    let below = in_file.clone().over(code.clone());
    let mut variables = Variables { environment, prefix, problems: &mut problems };
    let mut in_environment = Settings::read(&mut variables, &below);
    problems.extend(nearly_ours(prefix, environment));
    problems.extend(standard::without_effect(environment));
    in_environment.translate_jaeger(&variables_of_jaeger(prefix, environment), &mut problems);
    in_file.yield_to(&in_environment);
    let in_file_about_jaeger = in_file.places_of_jaeger();
    in_file.translate_jaeger(&in_file_about_jaeger, &mut problems);
    code.yield_to(&in_file);
    code.yield_to(&in_environment);
    code.translate_jaeger(&[], &mut problems);
    let said = Said { environment, settings: in_environment.clone() };
    let layers = [in_environment.clone(), in_file.clone(), code.clone()];
    let below = in_file.add_to(&mut code).over(code);
    let settings = in_environment.put_on(below);
    let keys = settings.explain(&layers.each_ref());
    let config = settings.choose().decide(&said, prefix, program, &mut problems);
    let explanation = Explanation::new(keys, problems.clone());
    Resolved { config, problems, explanation }
}

/// The file that a variable or code names; an empty document where there is none.
fn read_file(
    prefix: &str,
    code: &Settings,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> file::Document {
    let variable = environment.get(&format!("{prefix}_CONFIG")).map(Path::new);
    match variable.or(code.config_file.as_deref()) {
        Some(path) => file::Document::read(path, code.file_is_shared, problems),
        None => file::Document::default(),
    }
}

impl Config {
    /// What code and the environment say.
    #[cfg(test)]
    pub(crate) fn resolve(
        prefix: &str,
        code: Settings,
        environment: &Environment,
        program: &str,
    ) -> (Self, Vec<Problem>) {
        let Resolved { config, problems, .. } = resolve(prefix, code, environment, program);
        (config, problems)
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
            self.jaeger_agent_host = None;
            self.jaeger_agent_port = None;
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

    /// These settings over those below, lists added up.
    fn put_on(self, mut below: Self) -> Self {
        self.add_to(&mut below).over(below)
    }

    /// Adds these settings' lists to those below, where lists add up, and takes them from there.
    fn add_to(mut self, below: &mut Self) -> Self {
        if self.resource_attributes.is_some() || below.resource_attributes.is_some() {
            // `service.name` among the attributes is below the keys for it, but above what is below.
            let mut resource = below.resource_attributes.take().unwrap_or_default();
            for (key, value) in self.resource_attributes.take().into_iter().flatten() {
                if key == "service.name" && self.service_name.is_none() {
                    self.service_name = Some(value);
                    self.places.service_name = self.places.resource_attributes.clone();
                } else {
                    set_pair(&mut resource, key, value);
                }
            }
            self.resource_attributes = Some(resource);
        }
        if self.sample_rules.is_some() || below.sample_rules.is_some() {
            let mut rules = below.sample_rules.take().unwrap_or_default();
            for rule in self.sample_rules.take().into_iter().flatten() {
                set_rule(&mut rules, rule);
            }
            self.sample_rules = Some(rules);
        }
        if self.components.is_some() || below.components.is_some() {
            let mut components = below.components.take().unwrap_or_default();
            for (name, enabled) in self.components.take().into_iter().flatten() {
                set_component(&mut components, name, enabled);
            }
            self.components = Some(components);
        }
        self
    }

    /// Where the file says something about Jaeger.
    fn places_of_jaeger(&self) -> Vec<String> {
        let places = &self.places;
        let all = [&places.jaeger_endpoint, &places.jaeger_agent_host, &places.jaeger_agent_port];
        all.into_iter().flatten().map(|place| format!("{place}: tracing.jaeger")).collect()
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

/// Variables with the program's prefix or OpenTelemetry's that are nearly ours. Others may be somebody else's.
fn nearly_ours(prefix: &str, environment: &Environment) -> Vec<Problem> {
    let own = KEYS.iter().filter_map(|key| key.suffix).collect();
    let without_effect = standard::WITHOUT_EFFECT.iter().map(|(name, _)| name);
    let standard = KEYS.iter().flat_map(|key| key.standard).chain(without_effect);
    let standard = standard.filter_map(|name| name.strip_prefix("OTEL_")).collect();
    let mut near = nearly(prefix, own, environment);
    near.append(&mut nearly("OTEL", standard, environment));
    near.sort_by_key(ToString::to_string);
    near
}

/// Variables with this prefix that are nearly one of those that are known, which stand without it.
fn nearly(prefix: &str, known: Vec<&str>, environment: &Environment) -> Vec<Problem> {
    environment
        .names()
        .filter_map(|name| name.strip_prefix(prefix)?.strip_prefix('_'))
        .filter(|suffix| !known.contains(suffix))
        .filter_map(|suffix| Some((suffix, near::nearest(suffix, known.iter().copied())?)))
        .map(|(suffix, meant)| Problem::NearlyOurs {
            variable: format!("{prefix}_{suffix}"),
            meant: format!("{prefix}_{meant}"),
        })
        .collect()
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
    let mut text =
        "| Variable | In the file | What it says | May be | Default |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for key in KEYS {
        let prefixed = key.suffix.map(|suffix| format!("`<PREFIX>_{suffix}`"));
        let names: Vec<_> =
            prefixed.into_iter().chain(key.standard.iter().map(|name| format!("`{name}`"))).collect();
        let places: Vec<_> = key.paths.iter().map(|path| format!("`{path}`")).collect();
        let row = [
            names.join(", "),
            places.join(", "),
            key.doc.trim().to_owned(),
            key.expects.to_owned(),
            key.default.to_owned(),
        ];
        text += &format!("| {} |\n", row.join(" | "));
    }
    text += "\nVariables of OpenTelemetry's that have no effect; who sets one is told:\n\n| Variable | Why |\n| --- | --- |\n";
    for (name, why) in standard::WITHOUT_EFFECT {
        text += &format!("| `{name}` | {why} |\n");
    }
    text
}

#[cfg(test)]
mod tests;
