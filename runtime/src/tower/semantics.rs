//! What the conventions say of a request: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>.

use std::fmt::Write as _;

use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, Method, Uri, Version};

use crate::config::is_secret;
use crate::propagation::percent;

const REDACTED: &str = "REDACTED";
/// Keys of queries whose values the conventions name besides those of secrets.
const SIGNATURES: [&str; 4] = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"];

/// The method's name, where it is one of RFC 9110 or RFC 5789.
pub(super) fn method(of: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == of.as_str()).unwrap_or(super::metrics::OTHER)
}

/// The method in a span's name.
pub(super) fn method_in_name(method: &'static str) -> &'static str {
    if method == super::metrics::OTHER { "HTTP" } else { method }
}

/// The protocol's version; nothing for one that nobody knows yet.
pub(super) fn version(of: Version) -> Option<&'static str> {
    Some(match of {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Host and port that the client means.
pub(super) fn server(uri: &Uri, headers: &HeaderMap) -> Option<(String, Option<u16>)> {
    let from_header = || headers.get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    let authority = uri.authority().cloned().or_else(from_header)?;
    let host = authority.host().trim_matches(['[', ']']);
    (!host.is_empty()).then(|| (host.to_owned(), authority.port_u16()))
}

pub(super) fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}

fn hides(key: &str) -> bool {
    SIGNATURES.contains(&key) || is_secret(key)
}

/// A query, without the values of secrets and signatures.
pub(super) fn query(of: &str) -> String {
    let mut shown = String::with_capacity(of.len());
    for (at, pair) in of.split('&').enumerate() {
        if at > 0 {
            shown.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if hides(&percent::decoded(key)) => {
                let _ = write!(shown, "{key}={REDACTED}");
            }
            _ => shown.push_str(pair),
        }
    }
    shown
}

/// The whole URL, without user, password and secrets of the query.
pub(super) fn url(of: &Uri) -> String {
    let mut shown = String::new();
    if let (Some(scheme), Some(authority)) = (of.scheme_str(), of.authority()) {
        let _ = write!(shown, "{scheme}://");
        if authority.as_str().contains('@') {
            let _ = write!(shown, "{REDACTED}:{REDACTED}@");
        }
        shown.push_str(authority.host());
        if let Some(port) = authority.port_u16() {
            let _ = write!(shown, ":{port}");
        }
    }
    shown.push_str(of.path());
    if let Some(query) = of.query() {
        let _ = write!(shown, "?{}", self::query(query));
    }
    shown
}
