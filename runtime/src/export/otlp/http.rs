//! Protobuf over HTTP/1.1.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::{Duration, SystemTime};

use flate2::write::GzEncoder;
use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use super::answer::partial_success;
use super::delivery::{Answer, Transport};
use super::peer::{Peer, USER_AGENT};
use super::{Compression, OtlpError, OtlpSettings};
use crate::export::http::retry_after;

/// How much of an answer is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

pub(super) struct Http {
    agent: Agent,
    peer: Peer,
    /// The peer's headers and our own.
    headers: HeaderMap,
    compression: Compression,
    /// The last request as it was before compression; kept for its capacity.
    plain: Vec<u8>,
}

impl Http {
    pub(super) fn new(peer: Peer, settings: &OtlpSettings) -> Result<Self, OtlpError> {
        let mut headers = peer.headers.clone();
        headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        if settings.compression == Compression::Gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        #[cfg(feature = "tls")]
        let config = match peer.uri.scheme_str() {
            Some("https") => config.tls_config(super::tls::Pem::read(settings)?.for_http()),
            _ => config,
        };
        let agent = config.build().new_agent();
        Ok(Self { agent, peer, headers, compression: settings.compression, plain: Vec::new() })
    }

    fn judge(&self, mut response: Response<Body>) -> Answer {
        let status = response.status();
        let mut body = Vec::new();
        // Of an answer that breaks off, what came is all there is; its status has come in any case.
        let _broken_off = response.body_mut().as_reader().take(MAX_ANSWER).read_to_end(&mut body);
        if status.is_success() {
            return Answer::Taken(partial_success(&body));
        }
        let reason = self.peer.answered(&status.to_string(), &body);
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let value = response.headers().get(header::RETRY_AFTER);
                let not_before = value
                    .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()))
                    .unwrap_or_default();
                Answer::Busy { reason, not_before }
            }
            StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge(reason),
            StatusCode::NOT_FOUND => Answer::Unsupported(reason),
            _ => Answer::Refused(reason),
        }
    }
}

impl Transport for Http {
    fn peer(&self) -> &Peer {
        &self.peer
    }

    fn encode(&mut self, request: &mut Vec<u8>) {
        if self.compression == Compression::None {
            return;
        }
        std::mem::swap(request, &mut self.plain);
        request.clear();
        let mut encoder = GzEncoder::new(request, flate2::Compression::fast());
        // A vector takes all that is written to it.
        let _infallible = encoder.write_all(&self.plain).and_then(|()| encoder.try_finish());
    }

    fn send(&mut self, request: &[u8], timeout: Duration) -> Answer {
        let mut post = self.agent.post(&self.peer.uri).config().timeout_global(Some(timeout)).build();
        if let Some(headers) = post.headers_mut() {
            headers.clone_from(&self.headers);
        }
        let error = match post.send(request) {
            Ok(response) => return self.judge(response),
            Err(error) => error,
        };
        // A cause that `ureq` keeps to itself.
        let cause: &(dyn std::error::Error + 'static) = match &error {
            ureq::Error::Io(error) => error,
            error => error,
        };
        let (reason, distrusted) = self.peer.disconnected(cause);
        match error {
            _ if distrusted => Answer::Refused(reason),
            ureq::Error::Io(error) if is_broken(error.kind()) => Answer::Broken(reason),
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed => Answer::Busy { reason, not_before: Duration::ZERO },
            ureq::Error::Protocol(_) => Answer::Refused(format!(
                "{reason}; is that an OTLP receiver over HTTP? (gRPC's port is by convention 4317, HTTP's 4318)"
            )),
            _ => Answer::Refused(reason),
        }
    }
}

/// Whether a connection was closed by the other side while something was on its way.
fn is_broken(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
