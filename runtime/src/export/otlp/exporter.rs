//! Sends spans, and again where that can help.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body};

use super::{OtlpError, OtlpSettings, answer, without_secrets, writer};
use crate::export::{ExportError, SpanExporter};
use crate::span::SpanRef;

/// The greatest request, in bytes. Receivers take several times that by default (the Collector 20 MiB, others 4), and
/// what is small is cheap to repeat.
const MAX_REQUEST: usize = 1 << 20;
/// The wait before the first repetition; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait that we choose ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;
/// How much of an answer is quoted, in bytes.
const MAX_QUOTE: usize = 200;
/// A secret shorter than this is not looked for in what is quoted: it would hide half of the words.
const SHORTEST_SECRET: usize = 4;
const USER_AGENT: &str = concat!("spanwright/", env!("CARGO_PKG_VERSION"));
/// Headers that describe the request itself.
const OWN_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING];

/// Sends spans over OTLP, HTTP with protobuf.
///
/// Batches are sent in requests of at most 1 MiB (a single greater span alone in one). A request that met no
/// connection, a broken one, or status 429, 502, 503 or 504 is repeated until [`OtlpSettings::timeout`] is over: after
/// 0.2 seconds, then doubling up to 5, each shortened by up to a half at random so that processes do not come back all
/// at once, and not before the answer's `Retry-After`. A repeated request may deliver a span twice where the connection
/// broke after it had been read; OTLP prefers that to losing it.
///
/// Redirects are not followed. Proxies are those of `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. A
/// receiver's remark on spans that it took is dropped; see [`SpanExporter::export`] for what becomes an error.
///
/// ```
/// use spanwright::export::otlp::{OtlpExporter, OtlpSettings};
///
/// let settings = OtlpSettings {
///     headers: vec![("authorization".into(), "Bearer 123".into())],
///     resource: vec![("service.name".into(), "shop".into())],
///     ..OtlpSettings::default()
/// };
/// let exporter = OtlpExporter::new(settings)?;
/// # Ok::<(), spanwright::export::otlp::OtlpError>(())
/// ```
pub struct OtlpExporter {
    agent: Agent,
    endpoint: Uri,
    /// The endpoint as messages name it.
    shown: String,
    headers: HeaderMap,
    timeout: Duration,
    /// The resource, encoded.
    resource: Vec<u8>,
    /// The request that is being sent; kept for its capacity.
    body: Vec<u8>,
}

impl OtlpExporter {
    /// An exporter with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`OtlpError::Endpoint`] where the endpoint is not an `http` or `https` URL, or has a user or password;
    /// [`OtlpError::NoTls`] where it is `https` and the feature `tls` is off; [`OtlpError::Header`] where a header has a
    /// name or a value that HTTP can't carry, or describes the request's body.
    ///
    /// ```
    /// use spanwright::export::otlp::{OtlpError, OtlpExporter, OtlpSettings};
    ///
    /// let settings = OtlpSettings { endpoint: "collector:4318".into(), ..OtlpSettings::default() };
    /// let error = OtlpExporter::new(settings).unwrap_err();
    /// assert!(matches!(error, OtlpError::Endpoint { .. }));
    /// ```
    pub fn new(settings: OtlpSettings) -> Result<Self, OtlpError> {
        let endpoint = endpoint(&settings.endpoint)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let (name, value) = header(name, value)?;
            headers.append(name, value);
        }
        headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
        Ok(Self {
            agent,
            shown: without_secrets(&settings.endpoint),
            endpoint,
            headers,
            timeout: settings.timeout,
            resource: writer::resource(&settings.resource),
            body: Vec::new(),
        })
    }

    /// Delivers the request that `self.body` holds.
    fn deliver(&self, spans: usize, deadline: Instant) -> Result<(), ExportError> {
        let lost = |spans, reason| Err(ExportError { lost: spans, reason });
        let mut attempts = 0_u32;
        loop {
            attempts += 1;
            let retry = match self.post(deadline.saturating_duration_since(Instant::now())) {
                Answer::Taken(partial) if partial.rejected == 0 => return Ok(()),
                Answer::Taken(partial) => {
                    let rejected = usize::try_from(partial.rejected).unwrap_or(spans).min(spans);
                    let message = self.quote(partial.message.as_bytes());
                    let shown = &self.shown;
                    return lost(
                        rejected,
                        format!("{shown} rejected {rejected} of {spans} spans: {message}"),
                    );
                }
                Answer::Refused(reason) => return lost(spans, reason),
                Answer::Busy(retry) => retry,
            };
            let wait = backoff(attempts).max(retry.not_before);
            if wait >= deadline.saturating_duration_since(Instant::now()) {
                return lost(spans, format!("{} (tried {attempts}×)", retry.reason));
            }
            thread::sleep(wait);
        }
    }

    /// Sends the request once.
    fn post(&self, timeout: Duration) -> Answer {
        if timeout.is_zero() {
            return Answer::Refused(format!("{}: no time was left to send to it", self.shown));
        }
        let mut request = self.agent.post(&self.endpoint).config().timeout_global(Some(timeout)).build();
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        match request.send(&self.body) {
            Ok(response) => self.judge(response),
            Err(error) => {
                let reason = format!("{}: {error}", self.shown);
                match error {
                    ureq::Error::Io(_)
                    | ureq::Error::Timeout(_)
                    | ureq::Error::HostNotFound
                    | ureq::Error::ConnectionFailed => {
                        Answer::Busy(Retry { reason, not_before: Duration::ZERO })
                    }
                    ureq::Error::Protocol(_) => Answer::Refused(format!(
                        "{reason}; is that an OTLP receiver over HTTP? (gRPC's port is by convention 4317, HTTP's 4318)"
                    )),
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
            return Answer::Taken(answer::partial_success(&body));
        }
        let said = self.quote(&body);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let reason = format!("{} answered {status}{said}", self.shown);
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let retry_after = response.headers().get(header::RETRY_AFTER);
                let not_before = retry_after
                    .and_then(|value| answer::retry_after(value.to_str().ok()?, SystemTime::now()))
                    .unwrap_or_default();
                Answer::Busy(Retry { reason, not_before })
            }
            _ => Answer::Refused(reason),
        }
    }

    /// The start of what a receiver said, in one line, without what we sent as headers: some receivers repeat it.
    fn quote(&self, said: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(said).into_owned();
        for value in self.headers.values().filter(|value| value.is_sensitive()) {
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
}

impl SpanExporter for OtlpExporter {
    fn name(&self) -> &'static str {
        "otlp"
    }

    /// Sends a batch in one request or several. `timeout` bounds all of them, the settings' timeout each.
    ///
    /// # Errors
    /// When spans were given up: a request could not be sent in time, was answered with a status other than success, or
    /// the receiver said that it rejected spans. The reason is that of the first such request.
    fn export(&mut self, spans: &[SpanRef<'_>], timeout: Duration) -> Result<(), ExportError> {
        let deadline = after(timeout);
        let mut spans = spans.to_vec();
        // A scope is written once in a request; a stable sort keeps the order within it.
        spans.sort_by_key(SpanRef::target);
        let mut failed: Option<ExportError> = None;
        let mut rest = spans.as_slice();
        while !rest.is_empty() {
            let taken = writer::request(&mut self.body, &self.resource, rest, MAX_REQUEST);
            if let Err(error) = self.deliver(taken, deadline.min(after(self.timeout))) {
                failed.get_or_insert(ExportError { lost: 0, reason: error.reason }).lost += error.lost;
            }
            rest = &rest[taken..];
        }
        failed.map_or(Ok(()), Err)
    }
}

impl fmt::Debug for OtlpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("OtlpExporter")
            .field("endpoint", &self.shown)
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What came of sending a request once.
enum Answer {
    /// The receiver took it, with or without exceptions.
    Taken(answer::PartialSuccess),
    /// It may be taken later.
    Busy(Retry),
    /// It will never be taken.
    Refused(String),
}

struct Retry {
    reason: String,
    /// The wait that the receiver asked for.
    not_before: Duration,
}

/// The wait after this many attempts: doubling from [`FIRST_WAIT`] to [`LONGEST_WAIT`], of which at random between the
/// half and the whole ("equal jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
fn backoff(attempts: u32) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    // The standard library's hash keys are random, and different in each call.
    let random = RandomState::new().build_hasher().finish() as u32;
    whole / 2 + (whole / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// The moment after `timeout`; one that is never reached in practice for what can't be added.
fn after(timeout: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    Instant::now() + timeout.min(YEAR)
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
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use prost::Message as _;
    use spanwright_core::ids::{SpanId, TraceId};

    use super::super::receiver::{Receiver, Step, answer};
    use super::*;
    use crate::span::{AttributeValue, Outcome, SpanBatch, SpanData};

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(150);

    fn spans(count: usize) -> Vec<SpanData> {
        let span = |at| SpanData {
            trace_id: TraceId::random(),
            span_id: SpanId(at as u64 + 1),
            parent: SpanId::NONE,
            name: "work".into(),
            target: if at % 2 == 0 { "even" } else { "odd" },
            start_unix_nanos: 1,
            end_unix_nanos: 2,
            outcome: Outcome::Ok,
            status_message: None,
            attributes: Vec::new(),
            dropped_attributes: 0,
        };
        (0..count).map(span).collect()
    }

    fn settings(url: &str) -> OtlpSettings {
        OtlpSettings {
            endpoint: url.to_owned(),
            headers: vec![("x-api-key".into(), "Token secret-123".into())],
            timeout: LONG,
            resource: vec![("service.name".into(), "shop".into())],
        }
    }

    fn ok() -> Step {
        answer("200 OK", "content-type: application/x-protobuf\r\n", b"")
    }

    /// Plays the script to one export of three spans.
    fn export(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
        let receiver = Receiver::start(script);
        let mut exporter = OtlpExporter::new(settings(&receiver.url)).unwrap();
        (exporter.export(&spans(3), timeout), receiver)
    }

    fn assert_lost(result: Result<(), ExportError>, lost: usize, reasons: &[&str]) {
        let error = result.expect_err("spans are lost");
        assert_eq!(error.lost, lost, "{error}");
        for reason in reasons {
            assert!(error.reason.contains(reason), "{error}");
        }
        assert!(!error.reason.contains("secret-123"), "{error}");
    }

    #[test]
    fn a_batch_is_posted_with_its_headers() {
        let (result, receiver) = export(vec![ok()], LONG);
        result.unwrap();
        let [request] = &receiver.requests()[..] else { panic!("one request") };
        assert_eq!(request.spans(), 3);
        assert!(request.head.starts_with("post /v1/traces http/1.1\r\n"), "{}", request.head);
        for line in [
            "content-type: application/x-protobuf",
            "x-api-key: token secret-123",
            concat!("user-agent: spanwright/", env!("CARGO_PKG_VERSION")),
        ] {
            assert_eq!(
                request.head.lines().filter(|its| *its == line).count(),
                1,
                "{line} in {}",
                request.head
            );
        }
    }

    #[test]
    fn no_spans_are_no_request() {
        let mut exporter = OtlpExporter::new(settings("http://127.0.0.1:9")).unwrap();
        exporter.export(&[], LONG).unwrap();
    }

    #[test]
    fn rejected_spans_are_lost_and_not_sent_again() {
        for (rejected_spans, lost) in [(2, 2), (i64::MAX, 3)] {
            let error_message = "no trace id; you sent Token secret-123".into();
            let partial = ExportTracePartialSuccess { rejected_spans, error_message };
            let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
            let (result, receiver) = export(vec![answer("200 OK", "", &body), ok()], LONG);
            assert_lost(result, lost, &[&format!("rejected {lost} of 3 spans: no trace id")]);
            assert_eq!(receiver.requests().len(), 1);
        }
    }

    #[test]
    fn a_remark_without_rejected_spans_is_success() {
        let partial = ExportTracePartialSuccess { rejected_spans: 0, error_message: "be brief".into() };
        let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        export(vec![answer("200 OK", "", &body)], LONG).0.unwrap();
    }

    #[test]
    fn a_busy_receiver_is_asked_again() {
        for status in
            ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
        {
            let (result, receiver) = export(vec![answer(status, "", b"later"), ok()], LONG);
            result.unwrap();
            assert_eq!(receiver.requests().len(), 2, "{status}");
        }
    }

    #[test]
    fn retry_after_is_waited_for() {
        let before = Instant::now();
        let (result, receiver) = export(vec![answer("429 Slow Down", "retry-after: 1\r\n", b""), ok()], LONG);
        result.unwrap();
        assert_eq!(receiver.requests().len(), 2);
        assert!(before.elapsed() >= Duration::from_secs(1));
    }

    #[test]
    fn a_retry_after_beyond_the_timeout_gives_up_at_once() {
        let script = vec![answer("503 Service Unavailable", "retry-after: 3600\r\n", b"maintenance"), ok()];
        let (result, receiver) = export(script, LONG);
        assert_lost(result, 3, &["answered 503 Service Unavailable: maintenance (tried 1×)", &receiver.url]);
        assert_eq!(receiver.requests().len(), 1);
    }

    #[test]
    fn other_statuses_are_final_and_quoted() {
        let long = format!("bad {}é{}", "x".repeat(195), "y".repeat(100_000));
        for (status, body, said) in [
            ("400 Bad Request", long.as_str(), format!("bad {}", "x".repeat(195))),
            ("401 Unauthorized", "unknown key Token secret-123\r\n", "unknown key …".into()),
            ("403 Forbidden", "key \"secret-123\"", "key \"…\"".into()),
            ("500 Internal Server Error", "\n\u{1b}[31mpanic\n", "[31mpanic".into()),
            ("404 Not Found", "", String::new()),
            ("307 Temporary Redirect", "moved", "moved".into()),
        ] {
            let (result, receiver) =
                export(vec![answer(status, "location: /elsewhere\r\n", body.as_bytes()), ok()], LONG);
            let said = if said.is_empty() { said } else { format!(": {said}") };
            let url = &receiver.url;
            let reason = result.as_ref().unwrap_err().reason.clone();
            assert_lost(result, 3, &[]);
            assert_eq!(reason, format!("{url} answered {status}{said}"));
            assert_eq!(receiver.requests().len(), 1, "{status}");
        }
    }

    #[test]
    fn a_connection_that_breaks_is_made_again() {
        for broken in [Step::Close, Step::Answer(Vec::new()), Step::Answer(b"HTTP/1.1 200 O".to_vec())] {
            let (result, receiver) = export(vec![broken.clone(), ok()], LONG);
            result.unwrap_or_else(|error| panic!("{broken:?}: {error}"));
            assert_eq!(receiver.requests().last().map(|request| request.spans()), Some(3), "{broken:?}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_after_its_status_counts() {
        let cut = Step::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\x0a".to_vec());
        let (result, receiver) = export(vec![cut, ok()], LONG);
        result.unwrap();
        assert_eq!(receiver.requests().len(), 1);
        let cut = Step::Answer(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\nno".to_vec());
        assert_lost(export(vec![cut], LONG).0, 3, &["answered 400 Bad Request: no"]);
    }

    #[test]
    fn what_is_no_http_is_named_so() {
        let grpc = Step::Answer(b"\0\0\x18\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec());
        assert_lost(export(vec![grpc], LONG).0, 3, &["is that an OTLP receiver over HTTP?"]);
    }

    #[test]
    fn nobody_listening_is_lost_after_the_timeout() {
        // A port that nothing is given by chance.
        let refused = "127.0.0.1:1";
        let mut exporter =
            OtlpExporter::new(settings(&format!("http://{refused}/v1/traces?key=secret-123"))).unwrap();
        let result = exporter.export(&spans(3), Duration::from_secs(2));
        assert_lost(result, 3, &[&format!("http://{refused}/v1/traces: "), "refused", "tried"]);
    }

    #[test]
    fn a_receiver_that_comes_up_late_gets_the_spans() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let late = thread::spawn(move || {
            thread::sleep(SHORT);
            let listener = std::net::TcpListener::bind(address).unwrap();
            let (mut connection, _) = listener.accept().unwrap();
            std::io::Write::write_all(&mut connection, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            let _request = connection.read_to_end(&mut Vec::new());
        });
        let mut exporter = OtlpExporter::new(settings(&format!("http://{address}/"))).unwrap();
        exporter.export(&spans(3), LONG).unwrap();
        drop(exporter);
        late.join().unwrap();
    }

    #[test]
    fn a_receiver_that_hangs_is_left_after_either_timeout() {
        assert_lost(export(vec![Step::Hang], SHORT).0, 3, &["timeout"]);
        let receiver = Receiver::start(vec![Step::Hang]);
        let mut exporter =
            OtlpExporter::new(OtlpSettings { timeout: SHORT, ..settings(&receiver.url) }).unwrap();
        assert_lost(exporter.export(&spans(3), Duration::MAX), 3, &["timeout"]);
        assert_lost(exporter.export(&spans(3), Duration::ZERO), 3, &["no time was left"]);
    }

    #[test]
    fn a_great_batch_goes_in_several_requests_and_each_counts() {
        let text = "x".repeat(300_000);
        let mut batch = spans(10);
        for span in &mut batch {
            span.attributes.push(("text".into(), AttributeValue::Str(text.clone().into())));
        }
        let script =
            vec![ok(), answer("400 Bad Request", "", b"first"), answer("413 Too Large", "", b"second"), ok()];
        let receiver = Receiver::start(script);
        let mut exporter = OtlpExporter::new(settings(&receiver.url)).unwrap();
        assert_lost(exporter.export(&batch, LONG), 6, &["answered 400 Bad Request: first"]);
        let requests = receiver.requests();
        assert!(requests.iter().all(|request| request.body.len() <= MAX_REQUEST));
        assert_eq!(requests.iter().map(|request| request.spans()).collect::<Vec<_>>(), [3, 3, 3, 1]);
    }

    #[test]
    fn an_endpoint_that_cannot_work_is_refused_without_showing_secrets() {
        for (endpoint, message) in [
            ("", "OTLP endpoint ``: it is not a URL"),
            ("localhost:4318", "it lacks scheme or host"),
            ("/v1/traces", "it lacks scheme or host"),
            ("http://", "it is not a URL"),
            ("http://a b", "it is not a URL"),
            ("grpc://collector:4317", "its scheme is neither `http` nor `https`"),
            ("http://me:hidden@collector?hidden", "OTLP endpoint `http://collector`: user and password"),
        ] {
            let error = OtlpExporter::new(settings(endpoint)).unwrap_err().to_string();
            assert!(error.contains(message) && !error.contains("hidden"), "{endpoint}: {error}");
        }
    }

    #[test]
    fn https_needs_its_feature() {
        let made = OtlpExporter::new(settings("https://collector/v1/traces?hidden"));
        if cfg!(feature = "tls") {
            made.unwrap();
        } else {
            let error = made.unwrap_err().to_string();
            assert!(error.contains("feature `tls`") && !error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        for (name, value) in
            [("na me", "hidden"), ("", "hidden"), ("a", "hid\nden"), ("Content-Length", "hidden")]
        {
            let settings =
                OtlpSettings { headers: vec![(name.into(), value.into())], ..OtlpSettings::default() };
            let error = OtlpExporter::new(settings).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(&format!("`{name}`")) && !shown.contains("hid"), "{shown}");
        }
    }

    #[test]
    fn an_exporter_is_shown_without_secrets() {
        let exporter = OtlpExporter::new(settings("http://collector/?key=secret-123")).unwrap();
        let shown = format!("{exporter:?}");
        assert!(shown.contains("x-api-key") && !shown.contains("secret-123"), "{shown}");
    }

    #[test]
    fn waits_double_up_to_their_bound() {
        for (attempts, whole) in [(1, 200), (2, 400), (5, 3200), (6, 5000), (100, 5000), (u32::MAX, 5000)] {
            let wait = backoff(attempts).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} ms after {attempts}");
        }
    }
}
