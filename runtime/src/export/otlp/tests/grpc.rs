use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use tonic::{Code, Status};

use super::super::{Compression, OtlpExporter, OtlpLogExporter, OtlpProtocol, OtlpSettings};
use super::data::{LONG, SHORT, assert_lost, events, export_events, export_spans, settings, spans};
use super::grpc_receiver::{Call, Receiver, Step};
use crate::export::ExportError;

fn grpc(url: &str) -> OtlpSettings {
    OtlpSettings { protocol: OtlpProtocol::Grpc, ..settings(url) }
}

fn ok() -> Step {
    Step::Answer(Vec::new())
}

fn fail(code: Code, message: &str) -> Step {
    Step::Fail(Status::new(code, message))
}

/// Plays the script to one export of three spans.
fn export(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
    let receiver = Receiver::start(script);
    let mut exporter = OtlpExporter::new(grpc(&receiver.url)).unwrap();
    (export_spans(&mut exporter, &spans(3), timeout), receiver)
}

/// Plays the script to one export of three events.
fn export_as_logs(script: Vec<Step>, timeout: Duration) -> (Result<(), ExportError>, Receiver) {
    let receiver = Receiver::start(script);
    let mut exporter = OtlpLogExporter::new(grpc(&receiver.url)).unwrap();
    (export_events(&mut exporter, &events(3), timeout), receiver)
}

#[test]
fn spans_go_to_their_method_with_their_metadata() {
    let (result, receiver) = export(vec![ok()], LONG);
    result.unwrap();
    let [call] = &receiver.calls()[..] else { panic!("one call") };
    assert_eq!(call.path, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    assert_eq!(call.spans(), 3);
    assert_eq!(call.header("x-api-key"), "Token secret-123");
    assert_eq!(call.header("grpc-encoding"), "");
    assert!(call.header("user-agent").starts_with("spanwright/"), "{call:?}");
}

#[test]
fn log_records_go_to_their_method() {
    let (result, receiver) = export_as_logs(vec![ok()], LONG);
    result.unwrap();
    let [call] = &receiver.calls()[..] else { panic!("one call") };
    assert_eq!(call.path, "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
    assert_eq!(call.records(), 3);
}

#[test]
fn a_path_of_the_endpoint_is_ignored() {
    let receiver = Receiver::start(vec![ok()]);
    let mut exporter = OtlpExporter::new(grpc(&format!("{}/v1/traces", receiver.url))).unwrap();
    export_spans(&mut exporter, &spans(3), LONG).unwrap();
    assert_eq!(receiver.calls().iter().map(Call::spans).collect::<Vec<_>>(), [3]);
}

#[test]
fn one_connection_serves_one_export_after_the_other() {
    let receiver = Receiver::start(vec![ok(), ok()]);
    let mut exporter = OtlpExporter::new(grpc(&receiver.url)).unwrap();
    export_spans(&mut exporter, &spans(3), LONG).unwrap();
    thread::sleep(SHORT);
    export_spans(&mut exporter, &spans(2), LONG).unwrap();
    assert_eq!(receiver.calls().iter().map(Call::spans).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn a_compressed_request_is_the_same() {
    let receiver = Receiver::start(vec![ok()]);
    let settings = OtlpSettings { compression: Compression::Gzip, ..grpc(&receiver.url) };
    export_spans(&mut OtlpExporter::new(settings).unwrap(), &spans(3), LONG).unwrap();
    let [call] = &receiver.calls()[..] else { panic!("one call") };
    assert_eq!(call.header("grpc-encoding"), "gzip");
    assert_eq!(call.spans(), 3);
}

#[test]
fn what_is_rejected_is_lost_and_not_sent_again() {
    let error_message = String::from("no trace id; you sent Token secret-123");
    let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: error_message.clone() };
    let response = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let (result, receiver) = export(vec![Step::Answer(response), ok()], LONG);
    assert_lost(result, 2, &["rejected 2 of 3 spans: no trace id"]);
    assert_eq!(receiver.calls().len(), 1);
    let partial = ExportLogsPartialSuccess { rejected_log_records: 1, error_message };
    let response = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let (result, _receiver) = export_as_logs(vec![Step::Answer(response)], LONG);
    assert_lost(result, 1, &["rejected 1 of 3 log records: no trace id"]);
}

#[test]
fn what_may_be_taken_later_is_sent_again() {
    for code in [
        Code::Cancelled,
        Code::DeadlineExceeded,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unavailable,
        Code::DataLoss,
    ] {
        let (result, receiver) = export(vec![fail(code, "later"), ok()], LONG);
        result.unwrap_or_else(|error| panic!("{code:?}: {error}"));
        assert_eq!(receiver.calls().len(), 2, "{code:?}");
    }
    let (result, receiver) = export_as_logs(vec![fail(Code::Unavailable, "later"), ok()], LONG);
    result.unwrap();
    assert_eq!(receiver.calls().len(), 2);
}

#[test]
fn other_statuses_are_final_and_quoted() {
    for code in [
        Code::Unknown,
        Code::InvalidArgument,
        Code::NotFound,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::Internal,
        Code::Unauthenticated,
        Code::Unimplemented,
    ] {
        let (result, receiver) = export(vec![fail(code, "unknown key Token secret-123"), ok()], LONG);
        let reason = format!("{} answered {code:?}: unknown key …", receiver.url);
        assert_lost(result, 3, &[&reason]);
        assert_eq!(receiver.calls().len(), 1, "{code:?}");
    }
}

/// `google.rpc.Status` with a `google.rpc.RetryInfo` of one second.
fn retry_in_a_second(code: Code) -> Step {
    let url = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo";
    let any = [&url[..], b"\x12\x04\x0a\x02\x08\x01"].concat();
    let details = [&[0x1a, any.len() as u8], &any[..]].concat();
    Step::Fail(Status::with_details(code, "later", details.into()))
}

#[test]
fn retry_info_is_waited_for() {
    for code in [Code::ResourceExhausted, Code::Unavailable] {
        let before = Instant::now();
        let (result, receiver) = export(vec![retry_in_a_second(code), ok()], LONG);
        result.unwrap();
        assert_eq!(receiver.calls().len(), 2);
        assert!(before.elapsed() >= Duration::from_secs(1), "{code:?}");
    }
}

#[test]
fn what_is_too_large_is_sent_in_halves_down_to_single_ones() {
    for (code, message) in [
        (Code::ResourceExhausted, "grpc: received message larger than max (9 vs. 4)"),
        (Code::OutOfRange, "Error, decoded message length too large: found 9 bytes, the limit is: 4 bytes"),
    ] {
        let large = || fail(code, message);
        let (result, receiver) = export(vec![large(), ok(), large(), large(), ok()], LONG);
        assert_lost(result, 1, &[message]);
        assert_eq!(receiver.calls().iter().map(Call::spans).collect::<Vec<_>>(), [3, 1, 2, 1, 1]);
    }
}

#[test]
fn a_receiver_that_takes_no_logs_is_left_alone_for_a_while() {
    let receiver = Receiver::start(vec![fail(Code::Unimplemented, "unknown service"), ok()]);
    let mut exporter = OtlpLogExporter::new(grpc(&receiver.url)).unwrap();
    let reason =
        "answered Unimplemented: unknown service; if it takes no logs, set `OTEL_LOGS_EXPORTER=none`";
    assert_lost(export_events(&mut exporter, &events(3), LONG), 3, &[reason]);
    assert_lost(export_events(&mut exporter, &events(5), LONG), 5, &[reason]);
    assert_eq!(receiver.calls().len(), 1);
}

#[test]
fn a_receiver_that_hangs_is_left_after_either_timeout_and_tried_again_afterwards() {
    let receiver = Receiver::start(vec![Step::Hang, ok()]);
    let mut exporter = OtlpExporter::new(grpc(&receiver.url)).unwrap();
    assert_lost(export_spans(&mut exporter, &spans(3), SHORT), 3, &["timeout: no answer (tried 1×)"]);
    export_spans(&mut exporter, &spans(2), LONG).unwrap();
    assert_eq!(receiver.calls().len(), 2);
    let mut exporter = OtlpExporter::new(OtlpSettings { timeout: SHORT, ..grpc(&receiver.url) }).unwrap();
    assert_lost(export_spans(&mut exporter, &spans(3), Duration::MAX), 3, &["timeout: no answer"]);
    assert_lost(export_spans(&mut exporter, &spans(3), Duration::ZERO), 3, &["no time was left"]);
}

#[test]
fn nobody_listening_is_lost_after_the_timeout() {
    // A port that nothing is given by chance.
    let refused = "http://127.0.0.1:1";
    let mut exporter = OtlpExporter::new(grpc(&format!("{refused}?key=secret-123"))).unwrap();
    let result = export_spans(&mut exporter, &spans(3), Duration::from_secs(1));
    assert_lost(result, 3, &[&format!("{refused}?…: "), "refused", "tried"]);
}

/// Says this to everybody, and closes.
fn says(said: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _client_gone = std::io::Write::write_all(&mut connection, said);
        }
    });
    url
}

#[test]
fn what_is_no_grpc_is_lost_and_named() {
    for said in [&b""[..], b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", b"\0\0\0\x04\0\0\0\0\0"]
    {
        let url = says(said);
        let mut exporter = OtlpExporter::new(grpc(&url)).unwrap();
        let result = export_spans(&mut exporter, &spans(3), Duration::from_secs(1));
        assert_lost(result, 3, &[&url]);
        let mut exporter = OtlpLogExporter::new(grpc(&url)).unwrap();
        assert_lost(export_events(&mut exporter, &events(3), SHORT), 3, &[&url]);
    }
}

#[test]
fn within_another_runtime_it_works_and_ends_too() {
    let receiver = Receiver::start(vec![ok()]);
    let mut exporter = OtlpExporter::new(grpc(&receiver.url)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        export_spans(&mut exporter, &spans(3), LONG).unwrap();
        drop(exporter);
    });
    assert_eq!(receiver.calls().len(), 1);
}
