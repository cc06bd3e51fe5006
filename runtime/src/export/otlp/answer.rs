//! What a receiver says: an `ExportTraceServiceResponse` or its kin for the other signals, and gRPC's details.

#[cfg(any(feature = "grpc", test))]
use std::time::Duration;

/// What a receiver did not take of a request that it took otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartialSuccess {
    /// How many items it rejected.
    pub(super) rejected: u64,
    /// Why, in its words; a remark where nothing was rejected.
    pub(super) message: String,
}

/// Reads the response of any signal: `rejected_spans`, `rejected_log_records` and `rejected_data_points` have the same
/// number. What can't be
/// read counts as full success: the status said so, and asking again would deliver everything twice.
pub(super) fn partial_success(response: &[u8]) -> PartialSuccess {
    const PARTIAL_SUCCESS: u64 = 1;
    const REJECTED_ITEMS: u64 = 1;
    const ERROR_MESSAGE: u64 = 2;
    let mut all = PartialSuccess::default();
    for (number, value) in Fields(response) {
        let (PARTIAL_SUCCESS, Field::Bytes(partial)) = (number, value) else { continue };
        for field in Fields(partial) {
            match field {
                // Negative numbers make no sense here.
                (REJECTED_ITEMS, Field::Varint(rejected)) => {
                    all.rejected = u64::try_from(rejected as i64).unwrap_or(0);
                }
                (ERROR_MESSAGE, Field::Bytes(message)) => {
                    all.message = String::from_utf8_lossy(message).into_owned();
                }
                _ => {}
            }
        }
    }
    all
}

/// Reads the wait from the details of a gRPC status: the `google.rpc.RetryInfo` within a `google.rpc.Status`. Nothing
/// where there is none, or none that can be read.
///
/// Source: `google/rpc/error_details.proto`, `google/rpc/status.proto` and `google/protobuf/{any,duration}.proto`.
#[cfg(any(feature = "grpc", test))]
pub(super) fn retry_info(details: &[u8]) -> Option<Duration> {
    const STATUS_DETAILS: u64 = 3;
    const ANY_TYPE_URL: u64 = 1;
    const ANY_VALUE: u64 = 2;
    const RETRY_INFO_RETRY_DELAY: u64 = 1;
    const RETRY_INFO: &[u8] = b"/google.rpc.RetryInfo";
    let any = Fields(details).find_map(|(number, value)| match value {
        Field::Bytes(any) if number == STATUS_DETAILS => {
            bytes(any, ANY_TYPE_URL).filter(|url| url.ends_with(RETRY_INFO)).map(|_| any)
        }
        _ => None,
    })?;
    // All of them absent is a wait of zero.
    let info = bytes(any, ANY_VALUE).unwrap_or_default();
    Some(bytes(info, RETRY_INFO_RETRY_DELAY).map(duration).unwrap_or_default())
}

/// Reads a `google.protobuf.Duration`; a negative one is zero.
#[cfg(any(feature = "grpc", test))]
fn duration(message: &[u8]) -> Duration {
    const SECONDS: u64 = 1;
    const NANOS: u64 = 2;
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(message) {
        match field {
            (SECONDS, Field::Varint(value)) => seconds = value as i64,
            (NANOS, Field::Varint(value)) => nanos = value as i64,
            _ => {}
        }
    }
    let whole = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    whole.saturating_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

/// The first field with this number that is bytes.
#[cfg(any(feature = "grpc", test))]
fn bytes(message: &[u8], wanted: u64) -> Option<&[u8]> {
    Fields(message).find_map(|(number, value)| match value {
        Field::Bytes(bytes) if number == wanted => Some(bytes),
        _ => None,
    })
}

/// The value of a field, as far as it matters here.
enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of a message with their numbers, up to the first that can't be read.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use proptest::prelude::*;
    use prost::Message as _;

    fn response(rejected_spans: i64, error_message: &str) -> Vec<u8> {
        let partial = ExportTracePartialSuccess { rejected_spans, error_message: error_message.into() };
        ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    #[test]
    fn full_success_rejects_nothing() {
        assert_eq!(partial_success(&[]), PartialSuccess::default());
        assert_eq!(partial_success(b"<html>ok</html>").rejected, 0);
        assert_eq!(partial_success(&response(-1, "")).rejected, 0);
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(int32, tag = "1")]
        code: i32,
        #[prost(string, tag = "2")]
        message: String,
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        retry_delay: Option<Delay>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Delay {
        #[prost(int64, tag = "1")]
        seconds: i64,
        #[prost(int32, tag = "2")]
        nanos: i32,
    }

    fn details(name: &str, retry_delay: Option<Delay>) -> Vec<u8> {
        let any = |name, value| Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value };
        let retry_info = any(name, RetryInfo { retry_delay }.encode_to_vec());
        let details = vec![any("Help", vec![1]), retry_info];
        Status { code: 14, message: "later".into(), details }.encode_to_vec()
    }

    #[test]
    fn a_retry_info_is_found_among_the_details() {
        let delay = |seconds, nanos| Some(Delay { seconds, nanos });
        assert_eq!(
            retry_info(&details("RetryInfo", delay(3, 500_000_000))),
            Some(Duration::from_millis(3500))
        );
        assert_eq!(retry_info(&details("RetryInfo", delay(-3, -1))), Some(Duration::ZERO));
        assert_eq!(retry_info(&details("RetryInfo", None)), Some(Duration::ZERO));
        assert_eq!(retry_info(&details("QuotaFailure", delay(3, 0))), None);
        assert_eq!(retry_info(b""), None);
    }

    proptest! {
        #[test]
        fn any_cut_and_any_flip_of_details_is_survived(at: proptest::sample::Index, flip: u8) {
            let mut bytes = details("RetryInfo", Some(Delay { seconds: 3, nanos: 4 }));
            let at = at.index(bytes.len());
            let _cut = retry_info(&bytes[..at]);
            bytes[at] ^= flip;
            let _flipped = retry_info(&bytes);
        }

        #[test]
        fn what_prost_writes_is_read(rejected: i64, message: String) {
            let expected = PartialSuccess { rejected: u64::try_from(rejected).unwrap_or(0), message: message.clone() };
            prop_assert_eq!(partial_success(&response(rejected, &message)), expected);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _any = partial_success(&bytes);
            let _any = retry_info(&bytes);
        }

        #[test]
        fn any_cut_and_any_flip_is_survived(message: String, at: proptest::sample::Index, flip: u8) {
            let mut bytes = response(3, &message);
            let at = at.index(bytes.len());
            let _cut = partial_success(&bytes[..at]);
            bytes[at] ^= flip;
            let _flipped = partial_success(&bytes);
        }
    }
}
