//! gRPC: one method, whose messages are JSON arrays of events. The trace is in the metadata.

use std::convert::Infallible;
use std::io;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _};
use serde_json::{Map, Value as Json};
use spanwright::{instrument, propagation};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tonic::body::Body;
use tonic::client::Grpc as Client;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc as Server, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::tcp::{InUse, Open};
use super::{Listening, WAITING, receive};
use crate::attributes::ATTR_RETRY_COUNT;
use crate::error::EngineError;
use crate::metrics::{
    ConnectionError, Name, NetworkMetrics, OfConnection, OfConnectionError, OfResult, Protocol,
};
use crate::source::{Content, Raw};

/// The method, as its clients call it.
const PATH: PathAndQuery = PathAndQuery::from_static("/eventflux.Link/Send");
/// How long a connection, or a call on it, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes the trace that the current span is a part of into a call's metadata, in the format of W3C Trace Context.
pub fn inject_trace_context(metadata: &mut MetadataMap) {
    propagation::inject(metadata);
}

/// Serves the method for whoever has events for the stream.
pub(crate) async fn listen(
    stream: Name,
    address: &str,
) -> Result<(mpsc::Receiver<Raw>, Listening), EngineError> {
    let failed = |source| EngineError::Listen { stream: stream.clone(), address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (messages, receiver) = mpsc::channel(WAITING);
    let link = Link { stream, messages };
    let task = tokio::spawn(async move {
        let stream = link.stream.clone();
        let server = tonic::transport::Server::builder().add_service(link);
        if let Err(error) = server.serve_with_incoming(TcpIncoming::from(listener)).await {
            tracing::error!(target: "eventflux::network", { stream.name = &*stream, %error }, "Server ends");
        }
    });
    Ok((receiver, Listening { address: bound, task }))
}

#[derive(Clone)]
struct Link {
    stream: Name,
    messages: mpsc::Sender<Raw>,
}

impl NamedService for Link {
    const NAME: &'static str = "eventflux.Link";
}

impl Service<http::Request<Body>> for Link {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Poller<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let link = self.clone();
        Box::pin(async move {
            if request.uri().path() != PATH.path() {
                return Ok(Status::unimplemented("there is `Send` alone").into_http());
            }
            Ok(Server::new(Message).unary(link, request).await)
        })
    }
}

impl UnaryService<Vec<u8>> for Link {
    type Response = Vec<u8>;
    type Future = BoxFuture<Response<Vec<u8>>, Status>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let Self { stream, messages } = self.clone();
        Box::pin(async move {
            let caller = propagation::extract(request.metadata());
            let message = request.into_inner();
            NetworkMetrics::global()
                .network_received_bytes_total
                .with(Protocol::Grpc)
                .add(message.len() as u64);
            let events: Vec<Map<String, Json>> = serde_json::from_slice(&message)
                .map_err(|_| Status::invalid_argument("the message is no JSON array of objects"))?;
            if receive(&stream, Protocol::Grpc, caller, Content::Objects(events), &messages).await {
                Ok(Response::new(Vec::new()))
            } else {
                Err(Status::unavailable("nobody reads the stream any more"))
            }
        })
    }
}

/// A channel to a node that takes events, made when it is needed and kept.
#[derive(Debug)]
pub(crate) struct GrpcLink {
    pub(crate) address: String,
    channel: Mutex<Option<(Channel, Open)>>,
}

impl GrpcLink {
    pub(crate) fn new(address: String) -> Self {
        Self { address, channel: Mutex::default() }
    }

    /// Sends events, which are a JSON array, with the trace that this is a part of.
    #[instrument(
        name = "Network Send",
        target = "eventflux::network",
        kind = client,
        fields(network.protocol.name = "grpc", server.address = &*self.address, {ATTR_RETRY_COUNT} = retries),
        metrics(into = NetworkMetrics::global(), labels = Protocol::Grpc),
    )]
    pub(crate) async fn send(&self, events: &str, retries: u32) -> io::Result<()> {
        let mut kept = self.channel.lock().await;
        let (channel, open) = match kept.take() {
            Some(kept) => kept,
            None => (connect(&self.address).await?, Open::of(Protocol::Grpc, true)),
        };
        let _in_use = InUse::of(Protocol::Grpc);
        let mut request = Request::new(events.as_bytes().to_vec());
        request.set_timeout(PATIENCE);
        inject_trace_context(request.metadata_mut());
        let mut client = Client::new(channel.clone());
        client.ready().await.map_err(io::Error::other).inspect_err(error_of)?;
        client.unary(request, PATH, Message).await.map_err(of_status).inspect_err(error_of)?;
        NetworkMetrics::global().network_sent_bytes_total.with(Protocol::Grpc).add(events.len() as u64);
        *kept = Some((channel, open));
        Ok(())
    }
}

async fn connect(address: &str) -> io::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(io::Error::other)?;
    let connected = endpoint.connect_timeout(PATIENCE).timeout(PATIENCE).connect().await;
    connected.map_err(|error| {
        let error = io::Error::new(io::ErrorKind::ConnectionRefused, error);
        let connection = OfConnection { protocol: Protocol::Grpc, result: OfResult::Failure };
        NetworkMetrics::global().connections_total.with(connection).inc();
        error_of(&error);
        error
    })
}

fn of_status(status: Status) -> io::Error {
    let kind = match status.code() {
        tonic::Code::Unavailable => io::ErrorKind::ConnectionReset,
        tonic::Code::DeadlineExceeded | tonic::Code::Cancelled => io::ErrorKind::TimedOut,
        tonic::Code::InvalidArgument | tonic::Code::Unimplemented => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, status.message().to_owned())
}

fn error_of(error: &io::Error) {
    let error = OfConnectionError { protocol: Protocol::Grpc, error_type: ConnectionError::from(error) };
    NetworkMetrics::global().connection_errors_total.with(error).inc();
}

/// Messages as they are.
struct Message;

impl Codec for Message {
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

impl Encoder for Message {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Message {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; message.remaining()];
        message.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
