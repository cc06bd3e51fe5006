//! Jaeger's older ways in, and what has taken their place: OTLP, which it takes at port 4318 (HTTP) and 4317 (gRPC)
//! since version 1.35.
//!
//! Sources: <https://www.jaegertracing.io/docs/1.76/deployment/> for the collector's and the agent's ports.

use super::keys::Settings;
use super::kind::{Kind, OtlpProtocol, Reason};
use super::problem::{Problem, ShownValue};
use super::url::Url;

/// Where Jaeger takes OTLP.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JaegerReceiver {
    /// The URL that spans are sent to.
    pub(crate) url: Url,
    /// How, where the URL says it.
    pub(crate) protocol: Option<OtlpProtocol>,
    /// Whether that is not what was given.
    pub(crate) is_translated: bool,
}

/// The collector's ports: Thrift over HTTP, gRPC, its own metrics. The agent's: Thrift over UDP in three encodings,
/// and its sampling.
const OLD_PORTS: [u16; 7] = [14_268, 14_250, 14_269, 6_831, 6_832, 5_775, 5_778];
/// The path of Thrift over HTTP.
const OLD_PATH: &str = "/api/traces";
const TRACES_PATH: &str = "/v1/traces";

/// Jaeger's URL, or its agent's host and port.
pub(crate) struct JaegerEndpoint;

impl Kind for JaegerEndpoint {
    type Value = JaegerReceiver;
    const EXPECTS: &'static str = "a URL of Jaeger's as `http://localhost:4318` or \
                                   `http://localhost:14268/api/traces`, or its agent's `host:6831`";

    fn shown(text: &str) -> ShownValue {
        ShownValue::url(text)
    }

    fn show(value: &JaegerReceiver) -> String {
        value.url.shown().text()
    }

    fn parse(text: &str) -> Result<JaegerReceiver, Reason> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let scheme = scheme.to_ascii_lowercase();
        let old_scheme = match scheme.as_str() {
            "http" | "https" => false,
            "" | "udp" | "jaeger" => true,
            _ => return Err("its scheme is none of `http`, `https`, `udp` and `jaeger`".into()),
        };
        if rest.contains('@') {
            let remedy =
                "it has a user or a password; send those as a header, by `OTEL_EXPORTER_OTLP_TRACES_HEADERS`";
            return Err(remedy.into());
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let web = if scheme == "https" { "https" } else { "http" };
        let given = Url::parse(&format!("{web}://{authority}{path}"))?;
        let port = given.port();
        let without_query = path.split(['?', '#']).next().unwrap_or_default();
        let old_path = without_query.trim_end_matches('/') == OLD_PATH;
        let new_port = matches!(port, Some(4_317 | 4_318));
        if old_path || port.is_some_and(|port| OLD_PORTS.contains(&port)) || (old_scheme && !new_port) {
            // The colon of the port is the last one, also after an address in brackets.
            let host = match port {
                Some(_) => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
                None => authority,
            };
            let url = Url::parse(&format!("{web}://{host}:4318{TRACES_PATH}"))?;
            return Ok(JaegerReceiver {
                url,
                protocol: Some(OtlpProtocol::HttpProtobuf),
                is_translated: true,
            });
        }
        let (url, protocol) = match (port, path.trim_end_matches('/')) {
            (Some(4_317), "") => (given, Some(OtlpProtocol::Grpc)),
            (_, "") => (given.join(TRACES_PATH), Some(OtlpProtocol::HttpProtobuf)),
            (_, path) if path.ends_with(TRACES_PATH) => (given, Some(OtlpProtocol::HttpProtobuf)),
            _ => (given, None),
        };
        Ok(JaegerReceiver { url, protocol, is_translated: false })
    }

    fn remark(text: &str) -> Option<String> {
        Self::parse(text).ok()?.remark()
    }
}

impl JaegerReceiver {
    /// What becomes of an older way.
    fn remark(&self) -> Option<String> {
        self.is_translated.then(|| {
            format!(
                "one of Jaeger's older ways in, and taken for its OTLP receiver at `{}`; set \
                 `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` to that",
                self.url.as_str()
            )
        })
    }
}

impl Settings {
    /// Turns what is said about Jaeger into what it means for OTLP. `variables` name what was set, where it was not
    /// code.
    pub(super) fn translate_jaeger(&mut self, variables: &[String], problems: &mut Vec<Problem>) {
        let agent = (self.jaeger_agent_host.take(), self.jaeger_agent_port.take());
        let endpoint = self.jaeger_endpoint.take();
        let places = &mut self.places;
        let agents = places.jaeger_agent_host.take().or(places.jaeger_agent_port.take());
        let place = places.jaeger_endpoint.take().or(agents);
        let is_otlp_set = self.otlp_traces_endpoint.is_some() || self.otlp_endpoint.is_some();
        if endpoint.is_none() && agent == (None, None) {
            return;
        }
        if is_otlp_set {
            problems.extend(variables.iter().map(|variable| Problem::NoEffect {
                variable: variable.clone(),
                because: "an endpoint of OTLP is set, and wins",
            }));
            return;
        }
        let Some(receiver) = endpoint.or_else(|| agent_receiver(agent, problems)) else { return };
        self.otlp_traces_endpoint = Some(receiver.url);
        self.places.otlp_traces_endpoint = place;
        // An older way has one meaning; a URL of OTLP's may be told more about.
        if receiver.is_translated || self.otlp_traces_protocol.is_none() {
            self.otlp_traces_protocol = receiver.protocol.or(self.otlp_traces_protocol);
        }
    }
}

/// What has taken the agent's place.
fn agent_receiver(
    (host, port): (Option<String>, Option<u16>),
    problems: &mut Vec<Problem>,
) -> Option<JaegerReceiver> {
    let variable = match host {
        Some(_) => "OTEL_EXPORTER_JAEGER_AGENT_HOST",
        None => "OTEL_EXPORTER_JAEGER_AGENT_PORT",
    };
    let agent = format!("{}:{}", host.as_deref().unwrap_or("localhost"), port.unwrap_or(6_831));
    let receiver = JaegerEndpoint::parse(&agent).ok()?;
    if let Some(remark) = receiver.remark() {
        let shown = host.or(port.map(|port| port.to_string())).unwrap_or_default();
        let value = ShownValue::new(&shown);
        problems.push(Problem::Remark { variable: variable.to_owned(), value, remark });
    }
    Some(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<OtlpProtocol>, bool) {
        let receiver = JaegerEndpoint::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        (receiver.url.as_str().to_owned(), receiver.protocol, receiver.is_translated)
    }

    #[test]
    fn older_ways_become_otlp_over_http_at_the_same_host() {
        for (text, expected) in [
            ("http://host:14268/api/traces", "http://host:4318/v1/traces"),
            ("http://host:14268/api/traces?format=jaeger.thrift", "http://host:4318/v1/traces"),
            ("https://host/api/traces?format=jaeger.thrift", "https://host:4318/v1/traces"),
            ("https://host/api/traces/", "https://host:4318/v1/traces"),
            ("http://host:14250", "http://host:4318/v1/traces"),
            ("host:6831", "http://host:4318/v1/traces"),
            ("host", "http://host:4318/v1/traces"),
            ("udp://host:6831", "http://host:4318/v1/traces"),
            ("Jaeger://host:6831", "http://host:4318/v1/traces"),
            ("jaeger://host", "http://host:4318/v1/traces"),
            ("host:6832", "http://host:4318/v1/traces"),
            ("http://host:5778/sampling", "http://host:4318/v1/traces"),
            ("udp://[::1]:6831", "http://[::1]:4318/v1/traces"),
            ("[::1]", "http://[::1]:4318/v1/traces"),
        ] {
            assert_eq!(read(text), (expected.to_owned(), Some(OtlpProtocol::HttpProtobuf), true), "{text}");
            let remark = JaegerEndpoint::remark(text).unwrap();
            assert!(remark.contains(expected), "{remark}");
        }
    }

    proptest::proptest! {
        /// Whatever is given, no panic, and what is taken is a URL without credentials.
        #[test]
        fn any_text_is_read_or_refused(text in "([a-z]{0,6}://)?[a-z0-9:@./?\\[\\]]{0,30}|\\PC{0,30}") {
            if let Ok(receiver) = JaegerEndpoint::parse(&text) {
                let url = receiver.url.as_str();
                proptest::prop_assert!(url.starts_with("http") && !url.contains('@'), "{}", url);
            }
        }
    }

    #[test]
    fn otlp_stays_as_it_is() {
        let (http, grpc) = (Some(OtlpProtocol::HttpProtobuf), Some(OtlpProtocol::Grpc));
        for (text, expected, protocol) in [
            ("http://host:4318", "http://host:4318/v1/traces", http),
            ("http://host:4318/", "http://host:4318/v1/traces", http),
            ("host:4318", "http://host:4318/v1/traces", http),
            ("http://host:4317", "http://host:4317", grpc),
            ("http://host:14299/v1/traces", "http://host:14299/v1/traces", http),
            ("https://host/jaeger/v1/traces", "https://host/jaeger/v1/traces", http),
            ("https://host/otlp?key=1", "https://host/otlp?key=1", None),
            ("https://host", "https://host/v1/traces", http),
        ] {
            assert_eq!(read(text), (expected.to_owned(), protocol, false), "{text}");
            assert_eq!(JaegerEndpoint::remark(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_of_jaegers_is_refused_without_secrets() {
        for text in ["grpc://host:4317", "http://", "host:port", "udp://:6831", "ho st", ":6831"] {
            assert!(JaegerEndpoint::parse(text).is_err(), "{text}");
        }
        for text in
            ["http://me:hunter2@host:14268/api/traces", "me:hunter2@host:6831", "udp://me:hun/ter2@host"]
        {
            let reason = JaegerEndpoint::parse(text).unwrap_err();
            assert!(reason.contains("header") && !reason.contains("hun"), "{reason}");
        }
    }
}
