//! How messages speak of what was sent and answered, without secrets.

use std::cmp::Reverse;

use ureq::http::Uri;
use ureq::http::header::HeaderMap;

use crate::config;

/// How much of an answer is quoted, in bytes.
const MAX_QUOTE: usize = 200;
/// A secret shorter than this is not looked for in what is quoted: it would hide half of the words.
const SHORTEST_SECRET: usize = 4;

/// A URL for messages, in one line and not too long: anything might stand in what is no URL.
pub(in crate::export) fn without_secrets(url: &str) -> String {
    config::without_secrets(url).chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// The start of what a receiver said, in one line, without what we sent as headers and in the endpoint's query and
/// the hidden parts of its path: some receivers repeat it.
pub(in crate::export) fn quote(headers: &HeaderMap, endpoint: &Uri, said: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    let sent = headers.values().filter(|value| value.is_sensitive());
    let mut sent: Vec<String> =
        sent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    let pairs = endpoint.query().unwrap_or_default().split('&');
    let queried = pairs.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    for value in queried.chain(config::hidden_parts(endpoint.path())) {
        let both = [Some(value.to_owned()), config::decode(value)].into_iter().flatten();
        sent.extend(both.filter(|value| value.len() >= SHORTEST_SECRET));
    }
    let words = sent.iter().flat_map(|value| value.split([' ', ',', ';', '=']));
    let words = words.filter(|word| word.len() >= SHORTEST_SECRET);
    let mut secrets: Vec<&str> = sent.iter().map(String::as_str).chain(words).collect();
    // A part of one must not break up another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "…");
    }
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    let end = (0..=MAX_QUOTE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use ureq::http::header::HeaderValue;

    use super::*;

    #[test]
    fn urls_are_shown_without_secrets_in_one_line() {
        for (url, shown) in [
            ("https://user:pass@host/v1?api-key=1#2", "https://***@host/v1?…"),
            ("http://a\nb", "http://…"),
            ("http://host/hunter2/v1/traces", "http://host/…/v1/traces"),
            ("authorization=Bearer hunter2", "…"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
        assert_eq!(without_secrets(&format!("http://{}", "x".repeat(1_000))).len(), 300);
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_static("Bearer id=hunter2, other");
        value.set_sensitive(true);
        headers.insert("authorization", value);
        let endpoint =
            Uri::from_static("http://host/otlp/hunter%206/v1?api_key=hunter3&k=hunter%204&bare5&x=1");
        for (said, quoted) in [
            ("you sent Bearer id=hunter2, other!", "you sent …!"),
            ("no such token: hunter2", "no such token: …"),
            ("no such page: /v1?api_key=hunter3", "no such page: /v1?api_key=…"),
            ("no such page: /otlp/hunter%206/v1, hunter 6", "no such page: /otlp/…/v1, …"),
            ("no hunter 4, no hunter%204, no bare5", "no …, no …, no …"),
        ] {
            assert_eq!(quote(&headers, &endpoint, said.as_bytes()), quoted);
        }
    }
}
