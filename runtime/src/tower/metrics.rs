//! Metrics of requests: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.

use std::sync::OnceLock;

use crate::registry::Registry;
use crate::{Attribute, Histogram, Label, Labels, Metrics, UpDownCounter};

const METHOD: Attribute<str> = Attribute::new("http.request.method").with_help("The request's method");
const SCHEME: Attribute<str> = Attribute::new("url.scheme").with_help("http or https");
const ERROR_TYPE: Attribute<str> =
    Attribute::new("error.type").with_help("What went wrong; empty for nothing");
const STATUS: Attribute<str> =
    Attribute::new("http.response.status_code").with_help("The response's status; empty without one");
const ROUTE: Attribute<str> = Attribute::new("http.route").with_help("The route; empty where none is known");
const ADDRESS: Attribute<str> = Attribute::new("server.address").with_help("The host that is asked");
const PORT: Attribute<str> = Attribute::new("server.port").with_help("Its port");

/// What stands for methods and errors that have no name.
pub(super) const OTHER: &str = "_OTHER";

/// A method, as a label.
#[derive(Clone, Copy, Debug, Label)]
#[label(rename_all = "UPPERCASE", crate = crate)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    #[label(rename = "_OTHER")]
    Other,
}

/// A scheme, as a label.
#[derive(Clone, Copy, Debug, Label)]
#[label(crate = crate)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// What went wrong, as a label: statuses that are frequent have a name of their own, and no error is no label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure(u32);

impl Label for Failure {
    const VALUES: &'static [&'static str] = &["", "500", "502", "503", "504", "cancelled", "panicked", OTHER];

    fn index(&self) -> u32 {
        self.0
    }
}

impl Failure {
    pub(super) fn named(error_type: &str) -> Self {
        let known = Self::VALUES.iter().position(|known| *known == error_type);
        Self(known.unwrap_or(Self::VALUES.len() - 1) as u32)
    }
}

/// The labels of a server's durations.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 200_000, crate = crate)]
pub(super) struct Served {
    #[label(attribute = METHOD)]
    pub(super) method: Method,
    #[label(attribute = SCHEME)]
    pub(super) scheme: Scheme,
    #[label(attribute = ERROR_TYPE)]
    pub(super) failure: Failure,
    #[label(attribute = STATUS, max = 15)]
    pub(super) status: String,
    #[label(attribute = ROUTE, max = 63)]
    pub(super) route: String,
}

/// The labels of a client's durations.
#[derive(Clone, Debug, Labels)]
#[labels(budget = 200_000, crate = crate)]
pub(super) struct Asked {
    #[label(attribute = METHOD)]
    pub(super) method: Method,
    #[label(attribute = ERROR_TYPE)]
    pub(super) failure: Failure,
    #[label(attribute = STATUS, max = 15)]
    pub(super) status: String,
    #[label(attribute = ADDRESS, max = 31)]
    pub(super) address: String,
    #[label(attribute = PORT, max = 3)]
    pub(super) port: String,
}

/// The labels of open requests.
#[derive(Clone, Copy, Debug, Labels)]
#[labels(crate = crate)]
pub(super) struct Open {
    #[label(attribute = METHOD)]
    pub(super) method: Method,
    #[label(attribute = SCHEME)]
    pub(super) scheme: Scheme,
}

/// Generic, as of such a struct the binary knows nothing by itself: who has no layer has no dashboard of them either.
#[derive(Debug, Metrics)]
#[metrics(crate = crate)]
pub(super) struct OfServer<L: Labels> {
    /// Duration of HTTP server requests.
    #[metric(name_exact = "http.server.request.duration", unit = "s",
             buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])]
    pub(super) duration: Histogram<L>,
    /// Number of active HTTP server requests.
    #[metric(name_exact = "http.server.active_requests", unit = "{request}")]
    pub(super) active: UpDownCounter<Open>,
}

/// Generic for the same reason.
#[derive(Debug, Metrics)]
#[metrics(crate = crate)]
pub(super) struct OfClient<L: Labels> {
    /// Duration of HTTP client requests.
    #[metric(name_exact = "http.client.request.duration", unit = "s",
             buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])]
    pub(super) duration: Histogram<L>,
    /// Number of active HTTP requests.
    #[metric(name_exact = "http.client.active_requests", unit = "{request}")]
    pub(super) active: UpDownCounter<Open>,
}

pub(super) type ServerMetrics = OfServer<Served>;
pub(super) type ClientMetrics = OfClient<Asked>;

impl ServerMetrics {
    /// Made at the first use: who has no layer has no series.
    pub(super) fn of_process() -> &'static Self {
        static OF_PROCESS: OnceLock<ServerMetrics> = OnceLock::new();
        OF_PROCESS.get_or_init(|| {
            described_where_used!(ServerMetrics);
            Self::register(Registry::global())
        })
    }
}

impl ClientMetrics {
    pub(super) fn of_process() -> &'static Self {
        static OF_PROCESS: OnceLock<ClientMetrics> = OnceLock::new();
        OF_PROCESS.get_or_init(|| {
            described_where_used!(ClientMetrics);
            Self::register(Registry::global())
        })
    }
}

impl Method {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "CONNECT" => Self::Connect,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }
}

impl Scheme {
    pub(super) fn named(name: &str) -> Self {
        if name.eq_ignore_ascii_case("https") { Self::Https } else { Self::Http }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
