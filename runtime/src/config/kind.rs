//! The kinds of values that a variable can have: how each is read, and what it may be.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::near::nearest;
use super::url::{self, Url};

/// What is wrong with a value, beyond not being what it must be; can be empty. Never a secret's text.
pub(crate) type Reason = Cow<'static, str>;

/// A kind of value.
pub(crate) trait Kind {
    /// What a good value becomes.
    type Value;
    /// What a value may be, to follow "is not".
    const EXPECTS: &'static str;
    /// Whether the value must not be shown.
    const SECRET: bool = false;

    /// Reads a value, which is not empty.
    fn parse(text: &str) -> Result<Self::Value, Reason>;

    /// What may not be meant by a good value.
    fn remark(_text: &str) -> Option<String> {
        None
    }
}

/// Any text.
pub(crate) struct Text;

impl Kind for Text {
    type Value = String;
    const EXPECTS: &'static str = "text";

    fn parse(text: &str) -> Result<String, Reason> {
        Ok(text.to_owned())
    }
}

/// A switch.
pub(crate) struct Switch;

impl Kind for Switch {
    type Value = bool;
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
    const EXPECTS: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<bool, Reason> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("OpenTelemetry knows no other word for them".into()),
        }
    }
}

/// A time in milliseconds. Zero, which would be "no limit" elsewhere, is none here: every wait has a bound.
pub(crate) struct Millis;

impl Kind for Millis {
    type Value = Duration;
    const EXPECTS: &'static str = "a whole number of milliseconds from 1 to 3600000";

    fn parse(text: &str) -> Result<Duration, Reason> {
        whole_number(text, 1, 3_600_000).map(Duration::from_millis)
    }
}

/// A number of spans.
pub(crate) struct Count;

impl Kind for Count {
    type Value = usize;
    const EXPECTS: &'static str = "a whole number from 1 to 1000000";

    fn parse(text: &str) -> Result<usize, Reason> {
        whole_number(text, 1, 1_000_000).map(|number| number as usize)
    }
}

/// A port; zero lets the system choose one.
pub(crate) struct Port;

impl Kind for Port {
    type Value = u16;
    const EXPECTS: &'static str = "a port from 0 to 65535";

    fn parse(text: &str) -> Result<u16, Reason> {
        whole_number(text, 0, 65_535).map(|number| number as u16)
    }
}

fn whole_number(text: &str, least: u64, most: u64) -> Result<u64, Reason> {
    let number = text.trim().parse::<u64>().ok();
    number.filter(|number| (least..=most).contains(number)).ok_or(Cow::Borrowed(""))
}

/// A share of 1.
pub(crate) struct Ratio;

impl Kind for Ratio {
    type Value = f64;
    const EXPECTS: &'static str = "a number from 0.0 to 1.0";

    fn parse(text: &str) -> Result<f64, Reason> {
        let number = text.trim().parse::<f64>().ok();
        number.filter(|number| (0.0..=1.0).contains(number)).ok_or(Cow::Borrowed(""))
    }
}

/// Where the admin server listens: an address, with or without a port.
pub(crate) struct Address;

/// An address without the port that it may leave to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    /// The interface.
    pub(crate) ip: IpAddr,
    /// The port, where it was written.
    pub(crate) port: Option<u16>,
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self { ip: address.ip(), port: Some(address.port()) }
    }
}

impl Kind for Address {
    type Value = ListenAddress;
    const EXPECTS: &'static str =
        "an IP address with or without a port, as `127.0.0.1:9090`, `0.0.0.0` or `[::1]:9090`";

    fn parse(text: &str) -> Result<ListenAddress, Reason> {
        let text = text.trim();
        let ip_only = || text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if let Ok(ip) = ip_only() {
            return Ok(ListenAddress { ip, port: None });
        }
        let local = text.strip_prefix("localhost").map(|port| port.strip_prefix(':').map(str::parse::<u16>));
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match local {
            Some(Some(Ok(port))) => Ok(ListenAddress { ip, port: Some(port) }),
            Some(None) if text == "localhost" => Ok(ListenAddress { ip, port: None }),
            _ => Err("host names are not looked up".into()),
        }
    }
}

/// One word of several, each with what it stands for.
macro_rules! words {
    ($(#[$attribute:meta])* $kind:ident -> $value:ty, $expects:literal, $($word:literal => $meaning:expr,)*
     else { $($known:literal => $remedy:literal,)* }) => {
        $(#[$attribute])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            type Value = $value;
            const EXPECTS: &'static str = $expects;

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

/// How roots are sampled; a parent's decision always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SamplerName {
    AlwaysOn,
    AlwaysOff,
    Ratio,
}

words! {
    /// One of OpenTelemetry's names of samplers.
    Samplers -> SamplerName,
    "`always_on`, `always_off`, `traceidratio` or one of them after `parentbased_`",
    "always_on" => SamplerName::AlwaysOn,
    "always_off" => SamplerName::AlwaysOff,
    "traceidratio" => SamplerName::Ratio,
    "parentbased_always_on" => SamplerName::AlwaysOn,
    "parentbased_always_off" => SamplerName::AlwaysOff,
    "parentbased_traceidratio" => SamplerName::Ratio,
    else {
        "jaeger_remote" => "remote sampling is not supported",
        "parentbased_jaeger_remote" => "remote sampling is not supported",
        "xray" => "remote sampling is not supported",
    }
}

/// Where spans are exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracesExporter {
    Otlp,
    None,
}

words! {
    /// OpenTelemetry's list of exporters, of which there is one.
    Exporters -> TracesExporter, "`otlp` or `none`",
    "otlp" => TracesExporter::Otlp,
    "none" => TracesExporter::None,
    else {
        "console" => "it is not supported; give an exporter of your own to the builder",
        "logging" => "it is not supported; give an exporter of your own to the builder",
        "zipkin" => "it is not supported; send OTLP to a collector, which can forward it",
        "jaeger" => "it is not supported; Jaeger takes OTLP at its port 4318",
    }
}

/// How OTLP is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtlpProtocol {
    HttpProtobuf,
}

words! {
    /// OTLP's protocols.
    Protocol -> OtlpProtocol, "`http/protobuf`",
    "http/protobuf" => OtlpProtocol::HttpProtobuf,
    else {
        "grpc" => "gRPC is not supported; point the endpoint at the receiver's HTTP port, 4318 by default",
        "http/json" => "JSON is not supported; receivers that take it take `http/protobuf` too",
    }
}

/// The URL that requests go to.
pub(crate) struct Endpoint;

impl Kind for Endpoint {
    type Value = Url;
    const EXPECTS: &'static str = "a URL as `http://localhost:4318/v1/traces`";

    fn parse(text: &str) -> Result<Url, Reason> {
        Url::parse(text.trim()).map_err(Cow::Borrowed)
    }

    fn remark(text: &str) -> Option<String> {
        url::remark(text)
    }
}

/// The URL that `/v1/traces` is appended to.
pub(crate) struct BaseEndpoint;

impl Kind for BaseEndpoint {
    type Value = Url;
    const EXPECTS: &'static str = "a URL as `http://localhost:4318`";

    fn parse(text: &str) -> Result<Url, Reason> {
        let url = Url::parse(text.trim()).map_err(Cow::Borrowed)?;
        if url.as_str().contains(['?', '#']) {
            return Err("`/v1/traces` is appended, so it can't have a query".into());
        }
        Ok(url)
    }

    fn remark(text: &str) -> Option<String> {
        url::remark(text)
    }
}

/// What passes, by target and level.
pub(crate) struct Filter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl Kind for Filter {
    type Value = Targets;
    const EXPECTS: &'static str = "a list of levels and targets as `info,my_crate::db=debug`";

    fn parse(text: &str) -> Result<Targets, Reason> {
        let mut targets = Targets::new();
        for directive in directives(text) {
            let shown = directive.escape_debug();
            if directive.contains(['[', '{', '"']) {
                return Err(format!("`{shown}`: fields and spans can't be filtered by").into());
            }
            let (target, level) = match (directive.split_once('='), parse_level(directive)) {
                (Some((target, level)), _) => (Some(target.trim()), parse_level(level.trim())),
                (None, Some(level)) => (None, Some(level)),
                (None, None) => (Some(directive), Some(LevelFilter::TRACE)),
            };
            let level = level.ok_or_else(|| {
                format!("`{shown}` has no level that is `off`, `error`, `warn`, `info`, `debug` or `trace`")
            })?;
            targets = match target {
                Some("") => return Err(format!("`{shown}` has no target").into()),
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            };
        }
        Ok(targets)
    }

    fn remark(text: &str) -> Option<String> {
        let words = directives(text).filter(|directive| !directive.contains('='));
        let mut slips = words.filter_map(|word| {
            let lower = word.to_ascii_lowercase();
            if parse_level(word).is_some() {
                return None;
            }
            let meant = if lower == "warning" { Some("warn") } else { nearest(&lower, LEVELS.into_iter()) };
            meant.map(|meant| {
                format!("in which `{}` is taken for a target; did you mean `{meant}`?", word.escape_debug())
            })
        });
        slips.next()
    }
}

/// A level by its name or number. To `tracing` an empty one is `error`, which nobody means.
fn parse_level(text: &str) -> Option<LevelFilter> {
    (!text.is_empty()).then(|| text.parse().ok()).flatten()
}

fn directives(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|directive| !directive.is_empty())
}

#[cfg(test)]
mod tests;
