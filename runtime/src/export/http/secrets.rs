//! How messages speak of what was sent and answered, without secrets.

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

/// The start of what a receiver said, in one line, without what we sent as headers and in the endpoint's query: some
/// receivers repeat it.
pub(in crate::export) fn quote(headers: &HeaderMap, endpoint: &Uri, said: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    let sent = headers.values().filter(|value| value.is_sensitive());
    let mut sent: Vec<String> =
        sent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    for pair in endpoint.query().unwrap_or_default().split('&') {
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        let both = [Some(value.to_owned()), config::decode(value)].into_iter().flatten();
        sent.extend(both.filter(|value| value.len() >= SHORTEST_SECRET));
    }
    for value in sent {
        let words = value.split([' ', ',', ';', '=']).filter(|word| word.len() >= SHORTEST_SECRET);
        for secret in std::iter::once(value.as_str()).filter(|value| !value.is_empty()).chain(words) {
            text = text.replace(secret, "…");
        }
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
            ("http://a\nb", "http://a b"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
        assert_eq!(without_secrets(&"x".repeat(1_000)).len(), 300);
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_static("Bearer id=hunter2, other");
        value.set_sensitive(true);
        headers.insert("authorization", value);
        let endpoint = Uri::from_static("http://host/v1?api_key=hunter3&k=hunter%204&bare5&x=1");
        for (said, quoted) in [
            ("you sent Bearer id=hunter2, other!", "you sent …!"),
            ("no such token: hunter2", "no such token: …"),
            ("no such page: /v1?api_key=hunter3", "no such page: /v1?api_key=…"),
            ("no hunter 4, no hunter%204, no bare5", "no …, no …, no …"),
        ] {
            assert_eq!(quote(&headers, &endpoint, said.as_bytes()), quoted);
        }
    }
}
