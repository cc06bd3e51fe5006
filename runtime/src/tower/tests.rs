//! What is shown of requests. The layers themselves are tested where their spans are seen: `tests/captured/http.rs`.

use http::{HeaderMap, Method, Uri};

use super::semantics::{method, query, server, url};

fn uri(text: &str) -> Uri {
    text.parse().expect("a URI")
}

#[test]
fn secrets_of_a_query_are_not_shown() {
    for (of, shown) in [
        ("", ""),
        ("page=2", "page=2"),
        ("page", "page"),
        ("sig=x&Signature=y&a=b", "sig=REDACTED&Signature=REDACTED&a=b"),
        ("AWSAccessKeyId=x", "AWSAccessKeyId=REDACTED"),
        ("X-Goog-Signature=x=y", "X-Goog-Signature=REDACTED"),
        ("user%5Btoken%5D=x&%74oken=y", "user%5Btoken%5D=REDACTED&%74oken=REDACTED"),
        ("%zz=x&%=y&=z", "%zz=x&%=y&=z"),
        (
            "token=x&access_token=&apiKey=z&secretary=ann",
            "token=REDACTED&access_token=REDACTED&apiKey=REDACTED&secretary=ann",
        ),
    ] {
        assert_eq!(query(of), shown, "{of}");
    }
}

#[test]
fn a_url_is_shown_without_credentials() {
    for (of, shown) in [
        ("http://a.test/x", "http://a.test/x"),
        (
            "https://u:p@a.test:8443/x?password=p&q=1",
            "https://REDACTED:REDACTED@a.test:8443/x?password=REDACTED&q=1",
        ),
        ("/only/a/path?q=1", "/only/a/path?q=1"),
    ] {
        assert_eq!(url(&uri(of)), shown);
    }
}

#[test]
fn the_server_is_that_of_the_url_or_of_the_host() {
    let mut headers = HeaderMap::new();
    assert_eq!(server(&uri("/"), &headers), None);
    headers.insert("host", "[::1]:80".parse().expect("a value"));
    assert_eq!(server(&uri("/"), &headers), Some(("::1".to_owned(), Some(80))));
    assert_eq!(server(&uri("http://a.test/"), &headers), Some(("a.test".to_owned(), None)));
    headers.insert("host", "not a host".parse().expect("a value"));
    assert_eq!(server(&uri("/"), &headers), None);
}

#[test]
fn methods_of_no_standard_are_one() {
    assert_eq!(method(&Method::PATCH), "PATCH");
    for other in ["get", "BREW", "GETT"] {
        assert_eq!(method(&other.parse().expect("a token")), "_OTHER");
    }
}
