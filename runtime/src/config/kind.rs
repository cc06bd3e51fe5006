//! The kinds of values that a variable can have: how each is read, and what it may be.

/// One word of several, each with what it stands for.
macro_rules! words {
    ($(#[$attribute:meta])* $kind:ident -> $value:ty, $expects:literal, $($word:literal => $meaning:expr,)*
     else { $($known:literal => $remedy:literal,)* }) => {
        $(#[$attribute])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            type Value = $value;
            const EXPECTS: &'static str = $expects;

            fn show(value: &$value) -> String {
                let mut words = [$(($word, $meaning),)*].into_iter();
                words.find(|(_, meaning)| meaning == value).map_or_else(String::new, |(word, _)| word.to_owned())
            }

            fn parse(text: &str) -> Result<$value, Reason> {
                match text.trim().to_ascii_lowercase().as_str() {
                    $($word => Ok($meaning),)*
                    $($known => Err($remedy.into()),)*
                    _ => Err("".into()),
                }
            }
        }
    };
}

mod address;
mod components;
mod exporters;
mod filter;
mod logs;
mod metrics;
mod number;
mod pattern;
mod propagators;
mod recorder;
mod rules;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

pub(crate) use address::{Address, Host, ListenAddress};
pub(crate) use components::{Components, check_name, set as set_component};
pub(crate) use exporters::{
    LogExporters, LogsExporterName, MetricExporters, MetricsExporterName, TraceExporters, TracesExporterName,
};
pub(crate) use filter::Filter;
pub(crate) use logs::{JsonKey, JsonKeyList, JsonKeys, Outputs, Rotations};
pub use logs::{LogOutput, LogRotation};
pub(crate) use metrics::{ExemplarFilter, ExemplarFilters, HistogramAggregation, TemporalityPreference};
pub(crate) use number::{
    Count, FileBytes, Limit, MemoryBytes, Millis, Pause, PerSecond, Port, Ratio, RingBytes,
};
pub(crate) use pattern::{LogPattern, LogPatterns, Piece, Place as PiecePlace};
pub(crate) use propagators::Propagators;
pub(crate) use recorder::{RecorderSignal, RecorderSignals, StoreAddress};
pub(crate) use rules::{SampleRules, parse_key, set as set_rule};

use super::problem::ShownValue;
use super::url::Url;
use crate::Secret;
use crate::attribute::RedactionKey;

/// What is wrong with a value, beyond not being what it must be; can be empty. Never a secret's text.
pub(crate) type Reason = Cow<'static, str>;

/// What stands for a kind of value in a file of TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A boolean.
    Switch,
    /// An integer.
    Integer,
    /// An integer or a float.
    Number,
    /// An integer, or a string with a unit.
    Size,
    /// A string as a variable has it, or an array of its items.
    List,
    /// A string as a variable has it, or a table of strings.
    Table,
}

impl Shape {
    #[cfg(feature = "toml")]
    pub(crate) const fn is_table(self) -> bool {
        matches!(self, Self::Table)
    }
}

/// A kind of value.
pub(crate) trait Kind {
    /// What a good value becomes.
    type Value: fmt::Debug;
    /// What stands for it in a file.
    const SHAPE: Shape = Shape::Text;
    /// What a value may be, to follow "is not".
    const EXPECTS: &'static str;
    /// Whether the value must not be shown.
    const SECRET: bool = false;

    /// The value for messages.
    fn shown(text: &str) -> ShownValue {
        if Self::SECRET { ShownValue::SECRET } else { ShownValue::new(text) }
    }

    /// Reads a value, which is not empty.
    fn parse(text: &str) -> Result<Self::Value, Reason>;

    /// Reads a file's table, of which there is only one for [`Shape::Table`].
    fn from_pairs(_pairs: Vec<(String, String)>) -> Result<Self::Value, Reason> {
        Err("it can't be a table".into())
    }

    /// What is in force, for people, as far as it may be seen.
    fn show(value: &Self::Value) -> String {
        format!("{value:?}")
    }

    /// What may not be meant by a good value.
    fn remark(_text: &str) -> Option<String> {
        None
    }

    /// What may not be meant by a good table of a file.
    fn remark_on_pairs(_pairs: &[(String, String)]) -> Option<String> {
        None
    }
}

/// Any text.
pub(crate) struct Text;

impl Kind for Text {
    type Value = String;
    const EXPECTS: &'static str = "text";

    fn show(value: &String) -> String {
        ShownValue::new(value).text()
    }

    fn parse(text: &str) -> Result<String, Reason> {
        Ok(text.to_owned())
    }
}

/// The key of the hashes in place of what is redacted.
pub(crate) struct HashKey;

impl Kind for HashKey {
    type Value = RedactionKey;
    const EXPECTS: &'static str = "a text of at least 16 bytes";
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<RedactionKey, Reason> {
        match text.len() {
            RedactionKey::SHORTEST.. => Ok(RedactionKey::new(text)),
            _ => Err("it is shorter".into()),
        }
    }
}

/// What is to be shown to the admin server.
pub(crate) struct AdminToken;

/// A token, which nothing shows; nothing where the one that was meant can't be used, and so nobody has it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "read by the admin server"))]
    pub(crate)  Option<Secret<String>>,
);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(not shown)")
    }
}

impl Kind for AdminToken {
    type Value = Token;
    const EXPECTS: &'static str = "a text of at least 16 visible ASCII characters";
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Token, Reason> {
        let text = text.trim();
        if text.len() < 16 {
            return Err("it is shorter".into());
        }
        // It has to fit into a header.
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_visible { Ok(Token(Some(Secret::new(text.to_owned())))) } else { Err("it has others".into()) }
    }
}

/// A file's path.
pub(crate) struct FilePath;

impl Kind for FilePath {
    type Value = PathBuf;
    const EXPECTS: &'static str = "a path";

    fn show(value: &PathBuf) -> String {
        value.to_string_lossy().escape_debug().to_string()
    }

    fn parse(text: &str) -> Result<PathBuf, Reason> {
        Ok(PathBuf::from(text))
    }
}

/// A switch.
pub(crate) struct Switch;

impl Kind for Switch {
    type Value = bool;
    const SHAPE: Shape = Shape::Switch;
    const EXPECTS: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<bool, Reason> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Ok(true),
            "false" | "0" | "off" | "no" => Ok(false),
            _ => Err("".into()),
        }
    }
}

/// A switch of OpenTelemetry's, for which only `true` is true.
pub(crate) struct StandardSwitch;

impl Kind for StandardSwitch {
    type Value = bool;
    const SHAPE: Shape = Shape::Switch;
    const EXPECTS: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<bool, Reason> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("OpenTelemetry knows no other word for them".into()),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// One line for people, coloured on a terminal unless `NO_COLOR` is set.
    Pretty,
}

words! {
    /// How log lines look.
    Format -> LogFormat, "`json` or `pretty`",
    "json" => LogFormat::Json,
    "pretty" => LogFormat::Pretty,
    else {}
}

/// What of the telemetry's own messages is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OwnLevel {
    /// Nothing.
    None,
    /// What could not be done.
    Errors,
    /// Warnings too.
    All,
}

words! {
    /// OpenTelemetry's names of levels, for its own messages. Nothing of ours is below a warning.
    OwnLevels -> OwnLevel, "`none`, `error`, `warn`, `info`, `debug` or `trace`",
    "none" => OwnLevel::None,
    "off" => OwnLevel::None,
    "error" => OwnLevel::Errors,
    "info" => OwnLevel::All,
    "warn" => OwnLevel::All,
    "warning" => OwnLevel::All,
    "debug" => OwnLevel::All,
    "trace" => OwnLevel::All,
    "all" => OwnLevel::All,
    "verbose" => OwnLevel::All,
    else {}
}

/// How roots are sampled, and whether a parent's decision holds for its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SamplerName {
    pub(crate) parent_based: bool,
    pub(crate) root: RootSampler,
}

/// How roots are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootSampler {
    AlwaysOn,
    AlwaysOff,
    /// The share that the argument says.
    Ratio,
}

impl RootSampler {
    const fn with_parents(self, parent_based: bool) -> SamplerName {
        SamplerName { parent_based, root: self }
    }
}

words! {
    /// One of OpenTelemetry's names of samplers.
    Samplers -> SamplerName,
    "`always_on`, `always_off`, `traceidratio` or one of them after `parentbased_`",
    "always_on" => RootSampler::AlwaysOn.with_parents(false),
    "always_off" => RootSampler::AlwaysOff.with_parents(false),
    "traceidratio" => RootSampler::Ratio.with_parents(false),
    "parentbased_always_on" => RootSampler::AlwaysOn.with_parents(true),
    "parentbased_always_off" => RootSampler::AlwaysOff.with_parents(true),
    "parentbased_traceidratio" => RootSampler::Ratio.with_parents(true),
    else {
        "jaeger_remote" => "remote sampling is not supported",
        "parentbased_jaeger_remote" => "remote sampling is not supported",
        "xray" => "remote sampling is not supported",
    }
}

/// How OTLP is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf in HTTP requests, port 4318 by convention.
    HttpProtobuf,
    /// gRPC, port 4317 by convention.
    Grpc,
}

impl OtlpProtocol {
    /// Its name, as in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }
}

words! {
    /// OTLP's protocols.
    Protocol -> OtlpProtocol, "`http/protobuf` or `grpc`",
    "http/protobuf" => OtlpProtocol::HttpProtobuf,
    "grpc" => OtlpProtocol::Grpc,
    else {
        "http/json" => "JSON is not sent; receivers that take it take `http/protobuf` too",
    }
}

/// How requests are made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpCompression {
    /// Not at all.
    None,
    /// By gzip.
    Gzip,
}

words! {
    /// How requests are made smaller.
    Compressions -> OtlpCompression, "`gzip` or `none`",
    "gzip" => OtlpCompression::Gzip,
    "none" => OtlpCompression::None,
    else {}
}

/// Declares kinds of URLs that requests go to as they are; a kind is known by its example.
macro_rules! endpoints {
    ($($(#[$attribute:meta])* $kind:ident, $expects:literal;)*) => {$(
        $(#[$attribute])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            type Value = Url;
            const EXPECTS: &'static str = $expects;

            fn shown(text: &str) -> ShownValue {
                ShownValue::url(text)
            }

            fn show(value: &Url) -> String {
                value.shown().text()
            }

            fn parse(text: &str) -> Result<Url, Reason> {
                Url::parse(text.trim()).map_err(Cow::Borrowed)
            }
        }
    )*};
}

endpoints! {
    /// The URL of a receiver of spans.
    TracesEndpoint, "a URL as `http://localhost:4318/v1/traces`";
    /// The URL of a receiver of log records.
    LogsEndpoint, "a URL as `http://localhost:4318/v1/logs`";
    /// The URL of a receiver of metrics.
    MetricsEndpoint, "a URL as `http://localhost:4318/v1/metrics`";
    /// The URL of a Zipkin server.
    ZipkinEndpoint, "a URL as `http://localhost:9411/api/v2/spans`";
}

/// The URL that `/v1/traces` and its kin are appended to.
pub(crate) struct BaseEndpoint;

impl Kind for BaseEndpoint {
    type Value = Url;
    const EXPECTS: &'static str = "a URL as `http://localhost:4318`";

    fn shown(text: &str) -> ShownValue {
        ShownValue::url(text)
    }

    fn show(value: &Url) -> String {
        value.shown().text()
    }

    fn parse(text: &str) -> Result<Url, Reason> {
        let url = Url::parse(text.trim()).map_err(Cow::Borrowed)?;
        if url.as_str().contains(['?', '#']) {
            return Err("`/v1/traces` is appended, so it can't have a query".into());
        }
        Ok(url)
    }

    fn remark(text: &str) -> Option<String> {
        let path = ["/v1/traces", "/v1/logs", "/v1/metrics"]
            .into_iter()
            .find(|path| text.trim_end().ends_with(path))?;
        Some(format!("to which such a path is appended once more: leave `{path}` out"))
    }
}

/// The items of a list, those aside that are empty.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests;
