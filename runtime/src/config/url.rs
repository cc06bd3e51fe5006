//! URLs of receivers, checked as far as a message can help; the client does the rest.

use std::fmt;

use super::problem::ShownValue;

/// An `http` or `https` URL with a host. It may hold a password, so it is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url(String);

impl Url {
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

    /// A URL that is known to be good.
    pub(super) fn known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The URL of this path under this base.
    pub(super) fn join(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0.trim_end_matches('/')))
    }

    /// The port, where it was written.
    pub(super) fn port(&self) -> Option<u16> {
        let (_, rest) = self.0.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (_, port) = authority.rsplit_once(':')?;
        port.parse().ok()
    }

    /// The URL for messages: without user, password and query.
    pub(super) fn shown(&self) -> ShownValue {
        ShownValue::new(self.0.split(['?', '#']).next().unwrap_or_default())
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
