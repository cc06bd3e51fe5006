//! The receiver: where it is, what it must be sent along, and how messages speak of it without secrets.

use std::error::Error;
use std::io;

use ureq::http::Uri;
use ureq::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::{OtlpError, OtlpSettings};
use crate::export::http::{quote, without_secrets};

/// What to do where TLS fails.
const TLS_REMEDY: &str = "does it speak TLS? one whose certificate a private authority signed needs that \
                          authority's in `OTEL_EXPORTER_OTLP_CERTIFICATE`";
/// What we call ourselves.
pub(super) const USER_AGENT: &str = concat!("spanwright/", env!("CARGO_PKG_VERSION"));
/// Headers that describe the request itself, or the connection.
const OWN_HEADERS: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::HOST,
    header::TE,
];

/// A receiver. Has secrets, and hence no `Debug`.
pub(super) struct Peer {
    pub(super) uri: Uri,
    /// The endpoint as messages name it.
    pub(super) shown: String,
    /// The headers of the settings, marked as sensitive.
    pub(super) headers: HeaderMap,
}

impl Peer {
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, OtlpError> {
        let uri = endpoint(&settings.endpoint)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let (name, value) = header(name, value)?;
            headers.append(name, value);
        }
        Ok(Self { uri, shown: without_secrets(&settings.endpoint), headers })
    }

    /// The start of what a receiver said: see [`quote`].
    pub(super) fn quote(&self, said: &[u8]) -> String {
        quote(&self.headers, &self.uri, said)
    }

    /// What is said of a connection that failed: the error and its causes. And whether the next one would fail too,
    /// since it is TLS that fails: `rustls` calls that invalid data.
    pub(super) fn disconnected(&self, error: &(dyn Error + 'static)) -> (String, bool) {
        let (mut texts, mut distrusted): (Vec<String>, _) = (Vec::new(), false);
        let mut next = Some(error);
        while let Some(error) = next {
            next = error.source();
            let text = error.to_string();
            if !texts.iter().any(|before| before.contains(&text)) {
                texts.push(text);
            }
            let kind = error.downcast_ref().map(io::Error::kind);
            distrusted |= kind == Some(io::ErrorKind::InvalidData);
        }
        let reason = format!("{}: {}", self.shown, texts.join(": "));
        match (distrusted, self.uri.scheme_str()) {
            (true, Some("https")) => (format!("{reason}; {TLS_REMEDY}"), true),
            _ => (reason, false),
        }
    }

    /// Input: `503 Service Unavailable`, `later`; output: `http://collector/ answered 503 Service Unavailable: later`.
    pub(super) fn answered(&self, status: &str, said: &[u8]) -> String {
        let said = self.quote(said);
        let colon = if said.is_empty() { "" } else { ": " };
        format!("{} answered {status}{colon}{said}", self.shown)
    }
}

fn endpoint(url: &str) -> Result<Uri, OtlpError> {
    let wrong = |reason| OtlpError::Endpoint { endpoint: without_secrets(url), reason };
    let uri: Uri = url
        .parse()
        .map_err(|_| wrong("it is not a URL; write one like `http://localhost:4318/v1/traces`"))?;
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), authority) else {
        return Err(wrong("it lacks scheme or host; write it like `http://localhost:4318/v1/traces`"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("user and password are not sent from a URL; set the header `authorization`"));
    }
    match scheme {
        "http" => Ok(uri),
        "https" if cfg!(feature = "tls") => Ok(uri),
        "https" => Err(OtlpError::NoTls { endpoint: without_secrets(url) }),
        _ => Err(wrong("its scheme is neither `http` nor `https`")),
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), OtlpError> {
    let wrong = |reason| OtlpError::Header { name: name.escape_debug().to_string(), reason };
    let parsed: HeaderName =
        name.parse().map_err(|_| wrong("its name has characters that HTTP does not allow"))?;
    if OWN_HEADERS.contains(&parsed) || parsed.as_str().starts_with("grpc-") {
        return Err(wrong("it describes the request and is set by the exporter"));
    }
    let mut value: HeaderValue =
        value.parse().map_err(|_| wrong("its value has characters that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}
