//! URLs of OTLP receivers, checked as far as a message can help; the client does the rest.

use std::fmt;

/// An `http` or `https` URL with a host. It may hold a password, so it is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url(String);

impl Url {
    /// OTLP's default: a collector on this machine.
    pub(super) const LOCAL_COLLECTOR: &'static str = "http://localhost:4318/v1/traces";

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("it lacks `http://`")?;
        if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
            return Err("its scheme is neither `http` nor `https`");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has characters that a URL can't have");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (name, port) = match host.rfind(':') {
            Some(at) if !host[at..].contains(']') => (&host[..at], Some(&host[at + 1..])),
            _ => (host, None),
        };
        if name.is_empty() || (name.starts_with('[') != name.ends_with(']')) {
            return Err("it lacks a host");
        }
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err("its port is not a number from 0 to 65535");
        }
        Ok(Self(text.to_owned()))
    }

    /// The traces' URL under this base.
    pub(super) fn join_traces(&self) -> Self {
        Self(format!("{}/v1/traces", self.0.trim_end_matches('/')))
    }

    pub(super) fn local_collector() -> Self {
        Self(Self::LOCAL_COLLECTOR.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(…)")
    }
}

/// What may not be meant by a good URL.
pub(super) fn remark(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split('/').next()?;
    let grpc = authority.ends_with(":4317");
    grpc.then(|| {
        "whose port 4317 is by convention gRPC's; spans are sent over HTTP, port 4318 by default".to_owned()
    })
}
