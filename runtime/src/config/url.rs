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

/// A URL, or what was meant to be one, for messages: the one place that says what of it is shown. User and password are
/// `***`, a query and a fragment are `…`.
///
/// The user ends at the last `@`, since a password may hold whatever a URL may not. Where that is behind a `?` or a `#`, it
/// may be a password's or a query's, and nothing is shown.
pub(crate) fn without_secrets(url: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let start = url.find("://").filter(|at| is_scheme(&url[..*at])).map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let (shown, query) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, ""),
    };
    let hidden = if query.is_empty() { "" } else { "?…" };
    match shown.rsplit_once('@') {
        _ if query.contains('@') => format!("{scheme}…"),
        Some((_, host)) => format!("{scheme}***@{host}{hidden}"),
        None => format!("{scheme}{shown}{hidden}"),
    }
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
            ("https://us@er:pass@host", "https://***@host"),
            ("http://me:hun/ter@2@host", "http://***@host"),
            ("http://me:hun?ter#2@host/", "http://…"),
            ("http://host/?key=hun@ter2", "http://…"),
            ("me:h://unter2@host", "***@host"),
            ("me:hunter2@host:9411", "***@host:9411"),
            ("host:9411?key=hunter2", "host:9411?…"),
            ("http://host#hunter2", "http://host?…"),
            ("http://[::1]:9411/", "http://[::1]:9411/"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    proptest::proptest! {
        /// Whatever a password or a query holds, and wherever it is cut.
        #[test]
        fn nothing_before_the_last_at_and_behind_the_query_is_shown(
            scheme in "(https?://)?", user in "[a-z]{0,3}", secret in "[!-~]{0,4}HUNTER2[!-~]{0,4}", host in "[a-z:0-9/]{0,9}",
        ) {
            for url in [format!("{scheme}{user}:{secret}@{host}"), format!("{scheme}{host}?key={secret}")] {
                proptest::prop_assert!(!without_secrets(&url).contains("HUNTER2"), "{}", url);
            }
        }
    }
}
