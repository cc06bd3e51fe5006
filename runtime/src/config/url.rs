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

    /// The URL for messages.
    pub(super) fn shown(&self) -> ShownValue {
        ShownValue::new(&self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A URL, or what was meant to be one, for messages: the one place that says what of it is shown. That is scheme, host and
/// port, and of the path what is plainly no secret; a query and a fragment are `…`, user and password `***`. Of what is no
/// URL, a header's value in the wrong place perhaps, it is nothing.
///
/// The user ends at the last `@`, since a password may hold whatever a URL may not. Where that is behind a `?` or a `#`, it
/// may be a password's or a query's, and behind a `/` a password's or a path's: nothing is shown.
pub(crate) fn without_secrets(url: &str) -> String {
    let is_scheme = |text: &str| {
        (1..=8).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return if url.is_empty() { String::new() } else { "…".to_owned() };
    };
    let (before, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (user, place) = before.rsplit_once('@').unwrap_or(("", before));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
    if query.contains('@') || user.contains('/') || !is_host {
        return format!("{scheme}://…");
    }
    let user = if place.len() < before.len() { "***@" } else { "" };
    let hidden = if query.is_empty() { "" } else { "?…" };
    format!("{scheme}://{user}{host}{}{hidden}", shown_path(path))
}

/// A path with `…` for all that may be a secret; several of those in a row are one.
fn shown_path(path: &str) -> String {
    let mut shown: Vec<&str> = path.split('/').map(|part| if is_plain(part) { part } else { "…" }).collect();
    shown.dedup_by(|one, before| *one == "…" && one == before);
    shown.join("/")
}

/// The parts of a path that are not shown.
#[cfg(any(feature = "otlp", feature = "zipkin"))]
pub(crate) fn hidden_parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !is_plain(part))
}

/// Whether a part of a path is a short word in small letters, or a version: receivers' own names (`api`, `otlp`, `v1`), and
/// too little for a token.
fn is_plain(part: &str) -> bool {
    const LONGEST_WORD: usize = 9;
    let is_version = |digits: &str| digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    (part.len() <= LONGEST_WORD && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        || part.strip_prefix('v').is_some_and(is_version)
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_everything_but_secrets_is_shown() {
        for (url, shown) in [
            ("http://localhost:9411/api/v2/spans", "http://localhost:9411/api/v2/spans"),
            ("https://user:pass@host/v1?api-key=1#2", "https://***@host/v1?…"),
            (
                "https://h/receiver/v1/otlp/ZaVnC4dhaV3x8Q==/v1/metrics",
                "https://h/receiver/v1/otlp/…/v1/metrics",
            ),
            ("https://hooks.example/services/T0/B0/x1y2z3", "https://hooks.example/services/…"),
            ("http://host/abcdefghij/v123/%61/A", "http://host/…"),
            ("http://host:4318/v1/traces/", "http://host:4318/v1/traces/"),
            ("authorization=Bearer hunter2", "…"),
            ("hunter2", "…"),
            ("http://Bearer hunter2", "http://…"),
            ("muchtoolonghunter2://host", "…"),
            ("://hunter2", "…"),
            ("https://us@er:pass@host", "https://***@host"),
            ("http://me:hun/ter@2@host", "http://…"),
            ("http://host/@hunter2/v1", "http://…"),
            ("http://me:hun?ter#2@host/", "http://…"),
            ("http://host/?key=hun@ter2", "http://…"),
            ("me:h://unter2@host", "…"),
            ("me:hunter2@host:9411", "…"),
            ("host:9411?key=hunter2", "…"),
            ("http://host#hunter2", "http://host?…"),
            ("http://[::1]:9411/", "http://[::1]:9411/"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    proptest::proptest! {
        /// Whatever a password, a query or a path holds, and wherever it is cut.
        #[test]
        fn no_secret_is_shown_wherever_it_stands(
            scheme in "(https?://)?", user in "[a-z]{0,3}", secret in "[!-~]{0,4}HUNTER2[!-~]{0,4}", host in "[a-z:0-9/]{0,9}",
        ) {
            for url in [
                format!("{scheme}{user}:{secret}@{host}"),
                format!("{scheme}{host}?key={secret}"),
                format!("{scheme}host/{host}{secret}/v1/traces"),
            ] {
                proptest::prop_assert!(!without_secrets(&url).contains("HUNTER2"), "{}", url);
            }
        }
    }
}
