//! Sends requests.

use std::time::{Duration, Instant};

use super::writer::Writer;
use super::{ZipkinError, ZipkinSettings};
use crate::export::deadline::after;
use crate::export::http::{self, SendError, Sender};
use crate::export::{ExportError, SpanExporter};
use crate::span::SpanRef;

/// Sends spans to Zipkin, or to what takes its format.
///
/// Batches are sent in requests of at most 1 MiB (a single greater span alone in one); a request that is too large for
/// the receiver is sent again in halves. A request that met no connection, a broken one, or status 429, 502, 503 or 504
/// is repeated until [`ZipkinSettings::timeout`] is over: after 0.2 seconds, then doubling up to 5, each shortened by up
/// to a half at random so that processes do not come back all at once, and not before the answer's `Retry-After`. A
/// repeated request may deliver a span twice where the connection broke after it had been read; Zipkin merges spans with
/// the same id.
///
/// Redirects are not followed. Proxies are those of `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
///
/// ```
/// use spanwright::export::zipkin::{ZipkinExporter, ZipkinSettings};
///
/// let settings = ZipkinSettings { service_name: "shop".into(), ..ZipkinSettings::default() };
/// let exporter = ZipkinExporter::new(settings)?;
/// # Ok::<(), spanwright::export::zipkin::ZipkinError>(())
/// ```
#[derive(Debug)]
pub struct ZipkinExporter {
    sender: Sender,
    writer: Writer,
}

impl ZipkinExporter {
    /// An exporter with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ZipkinError::Endpoint`] where the endpoint is not an `http` or `https` URL, or has a user or password;
    /// [`ZipkinError::NoTls`] where it is `https` and the feature `tls` is off; [`ZipkinError::Header`] where a header
    /// has a name or a value that HTTP can't carry, or describes the request's body.
    ///
    /// ```
    /// use spanwright::export::zipkin::{ZipkinError, ZipkinExporter, ZipkinSettings};
    ///
    /// let settings = ZipkinSettings { endpoint: "zipkin:9411".into(), ..ZipkinSettings::default() };
    /// let error = ZipkinExporter::new(settings).unwrap_err();
    /// assert!(matches!(error, ZipkinError::Endpoint { .. }));
    /// ```
    pub fn new(settings: ZipkinSettings) -> Result<Self, ZipkinError> {
        let ZipkinSettings { endpoint, headers, timeout, service_name, resource } = settings;
        let sender = Sender::new(&endpoint, &headers, "application/json", timeout)?;
        Ok(Self { sender, writer: Writer::new(service_name, resource) })
    }
}

impl SpanExporter for ZipkinExporter {
    fn name(&self) -> &'static str {
        "zipkin"
    }

    /// Sends a batch in one request or several. `timeout` bounds all of them, the settings' timeout each.
    ///
    /// # Errors
    /// When spans were given up: a request could not be sent in time, or was answered with a status other than success.
    /// The reason is that of the first such request.
    fn export(&mut self, spans: &[SpanRef<'_>], timeout: Duration) -> Result<(), ExportError> {
        let mut failed = None;
        self.send_all(spans, after(timeout), &mut failed);
        failed.map_or(Ok(()), Err)
    }
}

impl ZipkinExporter {
    /// Sends spans; those of a request that is too large for the receiver in halves, down to single ones.
    fn send_all(&mut self, spans: &[SpanRef<'_>], deadline: Instant, failed: &mut Option<ExportError>) {
        let mut rest = spans;
        while !rest.is_empty() {
            let (request, taken) = self.writer.request(rest, http::MAX_REQUEST);
            let (sent, unsent) = rest.split_at(taken);
            rest = unsent;
            match self.sender.deliver(request.as_bytes(), deadline) {
                Ok(_) => {}
                Err(SendError::TooLarge(_)) if taken > 1 => {
                    let (first, second) = sent.split_at(taken / 2);
                    self.send_all(first, deadline, failed);
                    self.send_all(second, deadline, failed);
                }
                Err(error) => {
                    let failed = failed.get_or_insert_with(|| ExportError::later(0, error.to_string()));
                    failed.lost += taken;
                    failed.retry &= matches!(error, SendError::Late(_));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::http::receiver::{Receiver, Request, Step, answer};
    use crate::span::{AttributeValue, SpanBatch, SpanData, SpanId, TraceId};

    const LONG: Duration = Duration::from_secs(20);

    /// Spans with a text of this many bytes.
    fn batch(count: u64, length: usize) -> SpanBatch {
        let span = |at| SpanData {
            trace_id: TraceId { high: 0, low: 1 },
            span_id: SpanId(at),
            attributes: vec![("text".into(), AttributeValue::Str("x".repeat(length).into()))],
            ..SpanData::default()
        };
        (1..=count).map(span).collect()
    }

    fn export(script: Vec<Step>, batch: &SpanBatch) -> (Result<(), ExportError>, Vec<Request>) {
        let receiver = Receiver::start(script);
        let settings = ZipkinSettings {
            endpoint: format!("{}?key=hidden", receiver.url),
            headers: vec![("authorization".into(), "Bearer secret-123".into())],
            timeout: Duration::from_millis(900),
            ..ZipkinSettings::default()
        };
        let mut exporter = ZipkinExporter::new(settings).unwrap();
        let result = exporter.export(&batch.iter().collect::<Vec<_>>(), LONG);
        (result, receiver.requests())
    }

    fn spans(request: &Request) -> usize {
        serde_json::from_slice::<Vec<zipkin_types::Span>>(&request.body).unwrap().len()
    }

    fn taken() -> Step {
        answer("202 Accepted", "", b"")
    }

    fn assert_lost(result: Result<(), ExportError>, lost: usize, said: &str) {
        let error = result.expect_err("spans are lost");
        assert_eq!(error.lost, lost, "{error}");
        assert!(error.reason.contains(said), "{error}");
        assert!(!error.reason.contains("secret-123") && !error.reason.contains("hidden"), "{error}");
    }

    #[test]
    fn a_batch_is_posted_as_json() {
        let (result, requests) = export(vec![taken()], &batch(3, 1));
        result.unwrap();
        let [request] = &requests[..] else { panic!("one request") };
        assert_eq!(spans(request), 3);
        assert!(request.head.contains("\r\ncontent-type: application/json\r\n"), "{}", request.head);
        assert!(request.head.contains("\r\nauthorization: bearer secret-123\r\n"), "{}", request.head);
    }

    #[test]
    fn no_spans_are_no_request() {
        let (result, requests) = export(Vec::new(), &batch(0, 0));
        result.unwrap();
        assert!(requests.is_empty());
    }

    #[test]
    fn a_zipkin_that_is_down_is_named_and_may_take_the_batch_later() {
        let (result, _) = export(Vec::new(), &batch(3, 1));
        assert!(result.as_ref().is_err_and(|error| error.retry));
        assert_lost(result, 3, "http://127.0.0.1:");
    }

    #[test]
    fn a_zipkin_that_fails_loses_the_batch_at_once() {
        let broken = answer("500 Internal Server Error", "", b"Bearer secret-123 met a full disk");
        let (result, requests) = export(vec![broken, taken()], &batch(3, 1));
        assert!(result.as_ref().is_err_and(|error| !error.retry));
        assert_lost(result, 3, "answered 500 Internal Server Error: … met a full disk");
        assert_eq!(requests.len(), 1);
    }

    #[test]
    fn a_busy_zipkin_is_asked_again() {
        let (result, requests) =
            export(vec![answer("429 Too Many Requests", "", b""), taken()], &batch(3, 1));
        result.unwrap();
        assert_eq!(requests.iter().map(spans).collect::<Vec<_>>(), [3, 3]);
    }

    #[test]
    fn a_great_batch_goes_in_several_requests_and_each_counts() {
        let refused = || answer("500 Internal Server Error", "", b"");
        let (result, requests) = export(vec![taken(), refused(), refused(), taken()], &batch(10, 300_000));
        assert_lost(result, 6, "500");
        assert!(requests.iter().all(|request| request.body.len() <= http::MAX_REQUEST));
        assert_eq!(requests.iter().map(spans).collect::<Vec<_>>(), [3, 3, 3, 1]);
    }

    #[test]
    fn what_is_too_large_is_sent_in_halves_and_a_single_span_is_lost() {
        let refused = || answer("413 Content Too Large", "", b"");
        let (result, requests) =
            export(vec![refused(), refused(), refused(), taken(), taken()], &batch(4, 1));
        assert_lost(result, 1, "413");
        assert_eq!(requests.iter().map(spans).collect::<Vec<_>>(), [4, 2, 1, 1, 2]);
    }

    #[test]
    fn an_exporter_is_shown_without_secrets() {
        let settings = ZipkinSettings {
            headers: vec![("x-api-key".into(), "secret-123".into())],
            ..ZipkinSettings::default()
        };
        let shown = format!("{:?}", ZipkinExporter::new(settings).unwrap());
        assert!(shown.contains("x-api-key") && !shown.contains("secret-123"), "{shown}");
    }
}
