//! Endpoints and headers, as they are written to what can be sent.

use ureq::http::Uri;
use ureq::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::secrets::without_secrets;

const USER_AGENT: &str = concat!("spanwright/", env!("CARGO_PKG_VERSION"));
/// Headers that describe the request itself.
const OWN_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING];

/// What is wrong with settings; each exporter says it in an error of its own.
#[derive(Debug)]
pub(in crate::export) enum SettingsError {
    /// The endpoint, without secrets, is no URL that can be sent to.
    Endpoint { endpoint: String, reason: &'static str },
    /// The endpoint, without secrets, is `https`, and the feature `tls` is off.
    NoTls { endpoint: String },
    /// The header of this name can't be sent.
    Header { name: String, reason: &'static str },
}

/// Reads an endpoint.
pub(super) fn endpoint(url: &str) -> Result<Uri, SettingsError> {
    let wrong = |reason| SettingsError::Endpoint { endpoint: without_secrets(url), reason };
    let uri: Uri =
        url.parse().map_err(|_| wrong("it is not a URL; write one like `http://host:port/path`"))?;
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), authority) else {
        return Err(wrong("it lacks scheme or host; write it like `http://host:port/path`"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("user and password are not sent from a URL; set the header `authorization`"));
    }
    match scheme {
        "http" => Ok(uri),
        "https" if cfg!(feature = "tls") => Ok(uri),
        "https" => Err(SettingsError::NoTls { endpoint: without_secrets(url) }),
        _ => Err(wrong("its scheme is neither `http` nor `https`")),
    }
}

/// Reads headers, and adds those that every request has.
pub(super) fn headers(
    written: &[(String, String)],
    content_type: &'static str,
) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    for (name, value) in written {
        let (name, value) = header(name, value)?;
        headers.append(name, value);
    }
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), SettingsError> {
    let wrong = |reason| SettingsError::Header { name: name.escape_debug().to_string(), reason };
    let parsed: HeaderName =
        name.parse().map_err(|_| wrong("its name has characters that HTTP does not allow"))?;
    if OWN_HEADERS.contains(&parsed) {
        return Err(wrong("it describes the request's body and is set by the exporter"));
    }
    let mut value: HeaderValue =
        value.parse().map_err(|_| wrong("its value has characters that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_cannot_work_is_refused_without_showing_secrets() {
        for (url, message) in [
            ("", "it is not a URL"),
            ("localhost:9411", "it lacks scheme or host"),
            ("/api/v2/spans", "it lacks scheme or host"),
            ("http://", "it is not a URL"),
            ("http://a b", "it is not a URL"),
            ("grpc://collector:4317", "its scheme is neither `http` nor `https`"),
            ("http://me:hidden@collector?hidden", "user and password"),
        ] {
            let Err(SettingsError::Endpoint { endpoint, reason }) = endpoint(url) else { panic!("{url}") };
            assert!(reason.contains(message) && !endpoint.contains("hidden"), "{url}: {endpoint}: {reason}");
        }
    }

    #[test]
    fn https_needs_its_feature() {
        let read = endpoint("https://collector/api?hidden");
        if cfg!(feature = "tls") {
            read.unwrap();
        } else {
            let Err(SettingsError::NoTls { endpoint }) = read else { panic!("{read:?}") };
            assert_eq!(endpoint, "https://collector/api?…");
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        for (name, value) in
            [("na me", "hidden"), ("", "hidden"), ("a", "hid\nden"), ("Content-Length", "hidden")]
        {
            let error = headers(&[(name.into(), value.into())], "a/b").unwrap_err();
            let shown = format!("{error:?}");
            assert!(shown.contains(&format!("{name:?}")) && !shown.contains("hid"), "{shown}");
        }
    }
}
