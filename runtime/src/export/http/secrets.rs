//! How messages speak of what was sent and answered, without secrets.

use ureq::http::header::HeaderMap;

/// How much of an answer is quoted, in bytes.
const MAX_QUOTE: usize = 200;
/// A secret shorter than this is not looked for in what is quoted: it would hide half of the words.
const SHORTEST_SECRET: usize = 4;

/// A URL for messages: without user, password, query and fragment, which may hold secrets.
pub(in crate::export) fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Anything might stand in what is no URL; the length is for what isn't one by far.
    format!("{scheme}{host}{path}").chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

/// The start of what a receiver said, in one line, without what we sent as headers: some receivers repeat it.
pub(in crate::export) fn quote(headers: &HeaderMap, said: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    for value in headers.values().filter(|value| value.is_sensitive()) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let words = value.split([' ', ',', ';']).filter(|word| word.len() >= SHORTEST_SECRET);
        for secret in std::iter::once(value.as_ref()).filter(|value| !value.is_empty()).chain(words) {
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
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, shown) in [
            ("http://localhost:9411/api/v2/spans", "http://localhost:9411/api/v2/spans"),
            ("https://user:pass@host/v1?api-key=1#2", "https://host/v1"),
            ("https://us@er:pass@host", "https://host"),
            ("http://[::1]:9411/a@b", "http://[::1]:9411/a@b"),
            ("user:pass@host:9411", "host:9411"),
            ("http://a\nb", "http://a b"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
