//! Metrics to receivers of both transports.

use std::time::{Duration, Instant, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value as Number};
use prost::Message as _;

use super::super::delivery::MAX_REQUEST;
use super::super::{Compression, OtlpMetricExporter, OtlpSettings};
use super::data::{LONG, SHORT, assert_lost, settings};
use super::metrics::{great_family, sizes};
use super::receiver::{Receiver, Step, answer};
use crate::export::{ExportError, MetricExporter as _, Temporality};
use crate::registry::{Family, Kind, Snapshot, Value};

fn ok() -> Step {
    answer("200 OK", "", b"")
}

/// Three counters at this value.
fn snapshot(value: u64) -> Snapshot {
    let family =
        ["a", "b", "c"].into_iter().fold(Family::new("visits_total", Kind::Counter), |family, page| {
            family.with([("page", page)], Value::Counter(value))
        });
    Snapshot { time: UNIX_EPOCH + Duration::from_secs(value), ..Snapshot::from(vec![family]) }
}

fn exporter(url: &str) -> OtlpMetricExporter {
    OtlpMetricExporter::new(settings(url)).unwrap()
}

/// Plays the script to one export of three points.
fn export(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
    let receiver = Receiver::start(script);
    (exporter(&receiver.url).export(&snapshot(1), timeout), receiver)
}

fn counts(receiver: &Receiver) -> Vec<usize> {
    let count = |request: ExportMetricsServiceRequest| sizes(&request).iter().map(|(_, size)| size).sum();
    receiver.requests().iter().map(|request| count(request.metrics())).collect()
}

/// The numbers of each request.
fn numbers(receiver: &Receiver) -> Vec<Vec<i64>> {
    receiver.requests().iter().map(|request| numbers_of(&request.metrics())).collect()
}

fn numbers_of(request: &ExportMetricsServiceRequest) -> Vec<i64> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let points = scopes.flat_map(|scope| &scope.metrics).flat_map(|metric| match &metric.data {
        Some(Data::Sum(sum)) => &sum.data_points[..],
        other => panic!("{other:?}"),
    });
    let number = |number: Option<Number>| match number {
        Some(Number::AsInt(number)) => number,
        other => panic!("{other:?}"),
    };
    points.map(|point| number(point.value)).collect()
}

#[test]
fn a_snapshot_is_posted() {
    let (result, receiver) = export(vec![ok()], LONG);
    result.unwrap();
    let requests = receiver.requests();
    assert_eq!(sizes(&requests[0].metrics()), [("visits_total", 3)]);
    assert!(requests[0].head.contains("\r\nx-api-key: token secret-123\r\n"), "{}", requests[0].head);
}

#[test]
fn no_series_are_no_request() {
    exporter("http://127.0.0.1:9").export(&Snapshot::default(), LONG).unwrap();
    let empty = Snapshot::from(vec![Family::new("a", Kind::Gauge)]);
    exporter("http://127.0.0.1:9").export(&empty, LONG).unwrap();
}

#[test]
fn metrics_meet_the_same_receivers() {
    let partial = ExportMetricsPartialSuccess { rejected_data_points: 2, error_message: "too old".into() };
    let body = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let garbage = Step::Answer(b"\0\0\x18\x04".repeat(8));
    for (step, lost, later, reason) in [
        (answer("200 OK", "", &body), 2, false, "rejected 2 of 3 data points: too old"),
        (answer("500 Internal Server Error", "", b"broken"), 3, false, "500 Internal Server Error: broken"),
        (answer("429 Slow Down", "retry-after: 3600\r\n", b""), 3, true, "429 Too Many Requests (tried 1×)"),
        (garbage, 3, false, "is that an OTLP receiver over HTTP?"),
    ] {
        let (result, receiver) = export(vec![step, ok()], LONG);
        assert_eq!(result.as_ref().map_err(|error| error.retry), Err(later), "{reason}");
        assert_lost(result, lost, &[reason]);
        assert_eq!(receiver.requests().len(), 1, "{reason}");
    }
    assert_lost(export(vec![Step::Hang], SHORT).0, 3, &["timeout"]);
    let (result, receiver) = export(vec![Step::Close, answer("503 Later", "", b""), ok()], LONG);
    result.unwrap();
    assert_eq!(counts(&receiver), [3, 3], "it is sent again where that can help");
}

#[test]
fn what_is_too_large_is_sent_in_halves_down_to_single_points() {
    let large = || answer("413 Payload Too Large", "", b"at most 1 kB");
    let (result, receiver) = export(vec![large(), ok(), large(), large(), ok()], LONG);
    assert_lost(result, 1, &["answered 413 Payload Too Large: at most 1 kB"]);
    assert_eq!(counts(&receiver), [3, 1, 2, 1, 1]);
}

#[test]
fn a_great_family_goes_in_several_requests_and_each_counts() {
    let receiver = Receiver::start(vec![ok(), answer("400 Bad Request", "", b"no"), ok(), ok(), ok(), ok()]);
    let snapshot = Snapshot::from(vec![great_family(30_000)]);
    let error = exporter(&receiver.url).export(&snapshot, LONG).unwrap_err();
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.body.len() <= MAX_REQUEST));
    let sizes: Vec<_> = requests.iter().map(|request| numbers_of(&request.metrics()).len()).collect();
    assert!(sizes.len() > 2 && sizes.iter().sum::<usize>() == 30_000, "{sizes:?}");
    assert_eq!(error.lost, sizes[1]);
}

#[test]
fn a_compressed_request_is_smaller_and_the_same() {
    let receiver = Receiver::start(vec![ok(), ok(), ok(), ok(), ok()]);
    let settings = OtlpSettings { compression: Compression::Gzip, ..settings(&receiver.url) };
    let snapshot = Snapshot::from(vec![great_family(30_000)]);
    OtlpMetricExporter::new(settings).unwrap().export(&snapshot, LONG).unwrap();
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.body.len() < MAX_REQUEST / 5));
    let numbers = requests.iter().flat_map(|request| numbers_of(&request.metrics()));
    assert!(numbers.eq(0..30_000));
}

#[test]
fn a_receiver_that_takes_no_metrics_is_left_alone_for_a_while() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let receiver = Receiver::start(vec![answer("404 Not Found", "", b""), ok()]);
        let mut exporter = exporter(&receiver.url).temporality(temporality);
        let remedy = "answered 404 Not Found; if it takes no metrics, set `OTEL_METRICS_EXPORTER=none`";
        assert_lost(exporter.export(&snapshot(1), LONG), 3, &[remedy]);
        assert_lost(exporter.export(&snapshot(2), LONG), 3, &[remedy]);
        assert_eq!(receiver.requests().len(), 1);
        *exporter.silence.until() = Instant::now();
        exporter.export(&snapshot(3), LONG).unwrap();
        assert_eq!(numbers(&receiver), [[3, 3, 3]], "all that came is in what it takes then");
    }
}

#[test]
fn a_delta_is_what_came_since_the_last_push_that_was_settled() {
    let late = || answer("503 Later", "retry-after: 3600\r\n", b"");
    let refused = || answer("400 Bad Request", "", b"");
    let receiver = Receiver::start(vec![ok(), ok(), late(), ok(), refused(), ok()]);
    let mut exporter = exporter(&receiver.url).temporality(Temporality::Delta);
    exporter.export(&snapshot(1), LONG).unwrap();
    exporter.export(&snapshot(3), LONG).unwrap();
    exporter.export(&snapshot(3), LONG).unwrap();
    assert!(exporter.export(&snapshot(4), LONG).unwrap_err().retry);
    exporter.export(&snapshot(6), LONG).unwrap();
    // What was refused would be refused again.
    assert!(!exporter.export(&snapshot(10), LONG).unwrap_err().retry);
    exporter.export(&snapshot(11), LONG).unwrap();
    let (one, two, three, four) = ([1; 3], [2; 3], [3; 3], [4; 3]);
    assert_eq!(numbers(&receiver), [one, two, one, three, four, one], "nothing changed is no request");
}

#[test]
fn of_a_push_that_failed_in_part_only_that_part_is_owed() {
    let late = answer("503 Later", "retry-after: 3600\r\n", b"");
    let large = answer("413 Payload Too Large", "", b"");
    // In halves: one, and two of which none arrives.
    let receiver = Receiver::start(vec![large, ok(), late, ok()]);
    let mut exporter = exporter(&receiver.url).temporality(Temporality::Delta);
    assert_lost(exporter.export(&snapshot(5), LONG), 2, &["503"]);
    exporter.export(&snapshot(6), LONG).unwrap();
    assert_eq!(numbers(&receiver), [&[5, 5, 5][..], &[5], &[5, 5], &[1, 6, 6]]);
}

#[test]
fn gauges_are_sent_whole_beside_deltas() {
    let receiver = Receiver::start(vec![ok(), ok()]);
    let mut exporter = exporter(&receiver.url).temporality(Temporality::Delta);
    let mut both = snapshot(5);
    both.families.insert(0, Family::new("level", Kind::UpDownCounter).with([("a", "b")], Value::Gauge(7.0)));
    exporter.export(&both, LONG).unwrap();
    exporter.export(&both, LONG).unwrap();
    let requests = receiver.requests();
    assert_eq!(sizes(&requests[0].metrics()), [("level", 1), ("visits_total", 3)]);
    assert_eq!(sizes(&requests[1].metrics()), [("level", 1)]);
    let level = &requests[1].metrics().resource_metrics[0].scope_metrics[0].metrics[0];
    let Some(Data::Sum(sum)) = &level.data else { panic!("{level:?}") };
    assert_eq!((sum.is_monotonic, sum.aggregation_temporality), (false, 2), "cumulative as ever");
    assert_eq!(sum.data_points[0].value, Some(Number::AsDouble(7.0)));
}

#[cfg(feature = "grpc")]
mod grpc {
    use tonic::{Code, Status};

    use super::super::super::OtlpProtocol;
    use super::super::grpc_receiver::{Receiver, Step};
    use super::*;

    fn exporter(receiver: &Receiver, compression: Compression) -> OtlpMetricExporter {
        let settings = OtlpSettings { protocol: OtlpProtocol::Grpc, compression, ..settings(&receiver.url) };
        OtlpMetricExporter::new(settings).unwrap()
    }

    #[test]
    fn a_snapshot_goes_to_its_method() {
        for compression in [Compression::None, Compression::Gzip] {
            let receiver = Receiver::start(vec![Step::Answer(Vec::new())]);
            exporter(&receiver, compression).export(&snapshot(1), LONG).unwrap();
            let [call] = &receiver.calls()[..] else { panic!("one call") };
            assert_eq!(call.path, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
            assert_eq!(numbers_of(&call.metrics()), [1, 1, 1]);
        }
    }

    #[test]
    fn a_receiver_that_takes_no_metrics_is_left_alone_for_a_while() {
        let unimplemented = Step::Fail(Status::new(Code::Unimplemented, "unknown service"));
        let receiver = Receiver::start(vec![unimplemented, Step::Answer(Vec::new())]);
        let mut exporter = exporter(&receiver, Compression::None);
        let reason = "answered Unimplemented: unknown service; if it takes no metrics, set \
                      `OTEL_METRICS_EXPORTER=none`";
        assert_lost(exporter.export(&snapshot(1), LONG), 3, &[reason]);
        assert_lost(exporter.export(&snapshot(2), LONG), 3, &[reason]);
        assert_eq!(receiver.calls().len(), 1);
    }

    #[test]
    fn what_is_rejected_is_lost_and_not_sent_again() {
        let partial =
            ExportMetricsPartialSuccess { rejected_data_points: 1, error_message: "too old".into() };
        let response = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let receiver = Receiver::start(vec![Step::Answer(response)]);
        let result = exporter(&receiver, Compression::None).export(&snapshot(1), LONG);
        assert_lost(result, 1, &["rejected 1 of 3 data points: too old"]);
    }
}
