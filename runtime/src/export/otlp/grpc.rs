//! gRPC: a channel of `tonic`, driven by a runtime of its own that runs only while a request is being sent.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _};
use tokio::runtime::{Builder, Handle, Runtime};
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Extensions, Request, Status};
use ureq::http::header;
use ureq::http::uri::PathAndQuery;

use super::answer::{partial_success, retry_info};
use super::delivery::{Answer, Transport};
use super::peer::{Peer, USER_AGENT};
use super::{Compression, OtlpError, OtlpSettings};

/// What implementations say of a message that is greater than they take: grpc-go and C-core, grpc-java, `tonic`.
const TOO_LARGE: [&str; 3] = ["larger than max", "exceeds maximum size", "message length too large"];

pub(super) struct Grpc {
    /// There until the end.
    runtime: Option<Runtime>,
    endpoint: Endpoint,
    /// The connection; nothing before the first request, and after one that was not answered.
    channel: Option<Channel>,
    method: PathAndQuery,
    metadata: MetadataMap,
    compression: Compression,
    peer: Peer,
}

impl Grpc {
    pub(super) fn new(peer: Peer, settings: &OtlpSettings, method: &'static str) -> Result<Self, OtlpError> {
        let started = |error: std::io::Error| OtlpError::Grpc { reason: error.to_string() };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(started)?;
        let mut headers = peer.headers.clone();
        let user_agent = headers.remove(header::USER_AGENT);
        Ok(Self {
            endpoint: endpoint(&peer, user_agent, settings)?,
            runtime: Some(runtime),
            channel: None,
            method: PathAndQuery::from_static(method),
            metadata: MetadataMap::from_headers(headers),
            compression: settings.compression,
            peer,
        })
    }

    fn judge(&self, status: &Status) -> Answer {
        // A status that has a cause was made on this side: the connection failed.
        if let Some(cause) = status.source() {
            return match self.peer.disconnected(cause) {
                (reason, true) => Answer::Refused(reason),
                (reason, false) => Answer::Busy { reason, not_before: Duration::ZERO },
            };
        }
        let message = status.message();
        let reason = self.peer.answered(&format!("{:?}", status.code()), message.as_bytes());
        let not_before = retry_info(status.details());
        match (status.code(), not_before) {
            (Code::ResourceExhausted | Code::OutOfRange, None)
                if TOO_LARGE.iter().any(|said| message.contains(said)) =>
            {
                Answer::TooLarge(reason)
            }
            (
                Code::Cancelled
                | Code::DeadlineExceeded
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unavailable
                | Code::DataLoss,
                not_before,
            ) => Answer::Busy { reason, not_before: not_before.unwrap_or_default() },
            (Code::ResourceExhausted, Some(not_before)) => Answer::Busy { reason, not_before },
            (Code::Unimplemented, _) => Answer::Unsupported(reason),
            _ => Answer::Refused(reason),
        }
    }
}

impl Transport for Grpc {
    fn peer(&self) -> &Peer {
        &self.peer
    }

    fn send(&mut self, request: &[u8], timeout: Duration) -> Answer {
        let Some(runtime) = &self.runtime else {
            return Answer::Refused(format!("{}: the exporter has ended", self.peer.shown));
        };
        let channel = self.channel.get_or_insert_with(|| {
            let _entered = runtime.enter();
            self.endpoint.connect_lazy()
        });
        let request = Request::from_parts(self.metadata.clone(), Extensions::default(), request.to_vec());
        let call = call(channel.clone(), self.compression, self.method.clone(), request);
        match drive(runtime, async { tokio::time::timeout(timeout, call).await }) {
            Ok(Ok(response)) => Answer::Taken(partial_success(&response)),
            Ok(Err(status)) => self.judge(&status),
            Err(_) => {
                // The connection may be a dead one.
                self.channel = None;
                let reason = format!("{}: timeout: no answer", self.peer.shown);
                Answer::Busy { reason, not_before: Duration::ZERO }
            }
        }
    }
}

impl Drop for Grpc {
    /// A runtime that is dropped within another one would panic; one that is told not to wait does not.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn call(
    channel: Channel,
    compression: Compression,
    method: PathAndQuery,
    request: Request<Vec<u8>>,
) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    if compression == Compression::Gzip {
        client = client.send_compressed(CompressionEncoding::Gzip);
    }
    client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
    client.unary(request, method, Raw).await.map(tonic::Response::into_inner)
}

/// Runs a future to its end. Within another runtime that is allowed on another thread only.
fn drive<F: Future<Output: Send> + Send>(runtime: &Runtime, future: F) -> F::Output {
    if Handle::try_current().is_err() {
        return runtime.block_on(future);
    }
    let panicked = |panic| std::panic::resume_unwind(panic);
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join().unwrap_or_else(panicked))
}

fn endpoint(
    peer: &Peer,
    user_agent: Option<header::HeaderValue>,
    settings: &OtlpSettings,
) -> Result<Endpoint, OtlpError> {
    let user_agent = user_agent.unwrap_or(header::HeaderValue::from_static(USER_AGENT));
    let wrong = |_| OtlpError::Header {
        name: header::USER_AGENT.to_string(),
        reason: "its value has characters that HTTP does not allow",
    };
    let endpoint = Endpoint::from(peer.uri.clone()).connect_timeout(settings.timeout);
    let endpoint = endpoint.user_agent(user_agent).map_err(wrong)?;
    #[cfg(feature = "tls")]
    if peer.uri.scheme_str() == Some("https") {
        let failed = |error: tonic::transport::Error| OtlpError::Grpc { reason: peer.disconnected(&error).0 };
        return endpoint.tls_config(super::tls::Pem::read(settings)?.for_grpc()).map_err(failed);
    }
    Ok(endpoint)
}

/// Messages as they are: we write and read them ourselves.
#[derive(Clone, Copy, Default)]
pub(super) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; message.remaining()];
        message.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
