//! Sends a body, and again where that can help.

use std::fmt;
use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::header::{self, HeaderMap};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body};

use super::repeat::backoff;
use super::retry_after::retry_after;
use super::secrets::{quote, without_secrets};
use super::settings::{self, SettingsError};
use crate::export::deadline::after;

/// The greatest request, in bytes. Receivers take several times that by default, and what is small is cheap to repeat.
pub(in crate::export) const MAX_REQUEST: usize = 1 << 20;
/// How much of an answer is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;
/// Sends bodies to one endpoint.
///
/// A request that met no connection, a broken one, or status 429, 502, 503 or 504 is repeated until the time is over:
/// after 0.2 seconds, then doubling up to 5, each shortened by up to a half at random so that processes do not come back
/// all at once, and not before the answer's `Retry-After`. Redirects are not followed.
pub(in crate::export) struct Sender {
    agent: Agent,
    endpoint: Uri,
    /// The endpoint as messages name it.
    shown: String,
    headers: HeaderMap,
    timeout: Duration,
}

impl Sender {
    /// `timeout` is that of one body, all its repetitions and the time between them included.
    pub(in crate::export) fn new(
        endpoint: &str,
        headers: &[(String, String)],
        content_type: &'static str,
        timeout: Duration,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            agent: Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent(),
            endpoint: settings::endpoint(endpoint)?,
            shown: without_secrets(endpoint),
            headers: settings::headers(headers, content_type)?,
            timeout,
        })
    }

    /// Delivers a body until `deadline` and within the sender's own timeout, and gives back what was answered.
    ///
    /// # Errors
    /// When the body was not taken.
    pub(in crate::export) fn deliver(&self, body: &[u8], deadline: Instant) -> Result<Vec<u8>, SendError> {
        let deadline = deadline.min(after(self.timeout));
        let mut attempts = 0_u32;
        loop {
            attempts += 1;
            let (reason, not_before) =
                match self.post(body, deadline.saturating_duration_since(Instant::now())) {
                    Answer::Taken(said) => return Ok(said),
                    Answer::TooLarge(reason) => return Err(SendError::TooLarge(reason)),
                    Answer::Refused(reason) => return Err(SendError::Lost(reason)),
                    Answer::Busy { reason, not_before } => (reason, not_before),
                };
            let wait = backoff(attempts).max(not_before);
            if wait >= deadline.saturating_duration_since(Instant::now()) {
                return Err(SendError::Late(format!("{reason} (tried {attempts}×)")));
            }
            thread::sleep(wait);
        }
    }

    /// Sends a body once.
    fn post(&self, body: &[u8], timeout: Duration) -> Answer {
        if timeout.is_zero() {
            return Answer::Refused(format!("{}: no time was left to send to it", self.shown));
        }
        let mut request = self.agent.post(&self.endpoint).config().timeout_global(Some(timeout)).build();
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        match request.send(body) {
            Ok(response) => self.judge(response),
            Err(error) => {
                let reason = format!("{}: {error}", self.shown);
                match error {
                    ureq::Error::Io(_)
                    | ureq::Error::Timeout(_)
                    | ureq::Error::HostNotFound
                    | ureq::Error::ConnectionFailed => Answer::Busy { reason, not_before: Duration::ZERO },
                    ureq::Error::Protocol(_) => {
                        Answer::Refused(format!("{reason}; does that endpoint speak HTTP?"))
                    }
                    _ => Answer::Refused(reason),
                }
            }
        }
    }

    fn judge(&self, mut response: Response<Body>) -> Answer {
        let status = response.status();
        let mut body = Vec::new();
        // Of an answer that breaks off, what came is all there is; its status has come in any case.
        let _broken_off = response.body_mut().as_reader().take(MAX_ANSWER).read_to_end(&mut body);
        if status.is_success() {
            return Answer::Taken(body);
        }
        let said = quote(&self.headers, &self.endpoint, &body);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let reason = format!("{} answered {status}{said}", self.shown);
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let asked = response.headers().get(header::RETRY_AFTER);
                let not_before = asked
                    .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()))
                    .unwrap_or_default();
                Answer::Busy { reason, not_before }
            }
            StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge(reason),
            _ => Answer::Refused(reason),
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("Sender")
            .field("endpoint", &self.shown)
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why a body was not taken; the texts name the endpoint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::export) enum SendError {
    /// It may be taken in parts.
    #[error("{0}")]
    TooLarge(String),
    /// Its time was over; it may be taken later.
    #[error("{0}")]
    Late(String),
    /// It is given up.
    #[error("{0}")]
    Lost(String),
}

/// What came of sending a body once.
enum Answer {
    /// The receiver took it, and said this.
    Taken(Vec<u8>),
    /// It may be taken later, but not before the wait that the receiver asked for.
    Busy { reason: String, not_before: Duration },
    /// It may be taken in parts.
    TooLarge(String),
    /// It will never be taken.
    Refused(String),
}

#[cfg(test)]
mod tests {
    use super::super::receiver::{Receiver, Step, answer};
    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(150);

    fn sender(url: &str, timeout: Duration) -> Sender {
        Sender::new(url, &[("x-api-key".into(), "Token secret-123".into())], "a/b", timeout).unwrap()
    }

    fn deliver(script: Vec<Step>, timeout: Duration) -> (Result<Vec<u8>, SendError>, usize) {
        let receiver = Receiver::start(script);
        let result = sender(&receiver.url, timeout).deliver(b"body", after(LONG));
        (result, receiver.requests().len())
    }

    fn assert_refused(result: Result<Vec<u8>, SendError>, reasons: &[&str]) {
        let reason = result.expect_err("nobody took it").to_string();
        for said in reasons {
            assert!(reason.contains(said), "{reason}");
        }
        assert!(!reason.contains("secret-123"), "{reason}");
    }

    #[test]
    fn a_body_is_posted_with_its_headers_and_the_answer_comes_back() {
        let receiver = Receiver::start(vec![answer("202 Accepted", "", b"thanks")]);
        let said = sender(&receiver.url, LONG).deliver(b"body", after(LONG)).unwrap();
        assert_eq!(said, b"thanks");
        let [request] = &receiver.requests()[..] else { panic!("one request") };
        assert_eq!(request.body, b"body");
        assert!(request.head.starts_with("post /here http/1.1\r\n"), "{}", request.head);
        for line in [
            "content-type: a/b",
            "x-api-key: token secret-123",
            concat!("user-agent: spanwright/", env!("CARGO_PKG_VERSION")),
        ] {
            assert_eq!(
                request.head.lines().filter(|its| *its == line).count(),
                1,
                "{line}: {}",
                request.head
            );
        }
    }

    #[test]
    fn a_busy_receiver_is_asked_again() {
        for status in
            ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
        {
            let (result, requests) = deliver(vec![answer(status, "", b""), answer("200 OK", "", b"")], LONG);
            assert_eq!((result, requests), (Ok(Vec::new()), 2), "{status}");
        }
    }

    #[test]
    fn a_broken_connection_is_opened_again() {
        let (result, requests) = deliver(vec![Step::Close, answer("200 OK", "", b"")], LONG);
        assert_eq!((result, requests), (Ok(Vec::new()), 1));
    }

    #[test]
    fn what_is_refused_is_not_sent_again() {
        for status in ["400 Bad Request", "404 Not Found", "500 Internal Server Error", "302 Found"] {
            let said = answer(status, "location: /x\r\n", b"you\nsent Token secret-123");
            let (result, requests) = deliver(vec![said, answer("200 OK", "", b"")], LONG);
            assert_refused(result, &[status, "answered", ": you sent …"]);
            assert_eq!(requests, 1, "{status}");
        }
    }

    #[test]
    fn who_asks_to_wait_for_too_long_is_given_up() {
        let busy = answer("503 Service Unavailable", "retry-after: 3600\r\n", b"");
        let (result, requests) = deliver(vec![busy, answer("200 OK", "", b"")], LONG);
        assert_refused(result, &["503", "(tried 1×)"]);
        assert_eq!(requests, 1);
    }

    #[test]
    fn either_timeout_ends_the_repetitions() {
        for (its, deadline) in [(SHORT, LONG), (LONG, SHORT)] {
            let busy = answer("503 Service Unavailable", "retry-after: 1\r\n", b"");
            let receiver = Receiver::start(vec![busy, answer("200 OK", "", b"")]);
            assert_refused(sender(&receiver.url, its).deliver(b"", after(deadline)), &["503", "(tried 1×)"]);
        }
    }

    #[test]
    fn nobody_there_is_said_with_the_endpoint() {
        let url = Receiver::start(Vec::new()).url;
        let reason =
            sender(&format!("{url}?key=hidden"), SHORT).deliver(b"", after(LONG)).unwrap_err().to_string();
        assert!(
            reason.starts_with(&url) && reason.contains("(tried ") && !reason.contains("hidden"),
            "{reason}"
        );
    }

    #[test]
    fn silence_ends_after_either_timeout() {
        assert_refused(deliver(vec![Step::Hang], SHORT).0, &["timeout"]);
        let receiver = Receiver::start(vec![Step::Hang]);
        let sender = sender(&receiver.url, LONG);
        assert_refused(sender.deliver(b"", after(SHORT)), &["timeout"]);
        assert_refused(sender.deliver(b"", after(Duration::ZERO)), &["no time was left"]);
    }

    #[test]
    fn a_sender_is_shown_without_secrets() {
        let shown = format!("{:?}", sender("http://collector/?key=secret-123", LONG));
        assert!(shown.contains("x-api-key") && !shown.contains("secret-123"), "{shown}");
    }
}
