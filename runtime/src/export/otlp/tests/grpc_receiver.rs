//! A receiver over gRPC: a server of `tonic` that plays a script, one step a call, and keeps what it was sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver as Channel, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::super::grpc::Raw;

/// What to do with one call.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Answers with a message.
    Answer(Vec<u8>),
    /// Answers with a status.
    Fail(Status),
    /// Never answers.
    Hang,
}

/// A call as it came.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) path: String,
    pub(super) headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(super) fn spans(&self) -> usize {
        let request = ExportTraceServiceRequest::decode(&*self.body).expect("the message is a request");
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }

    pub(super) fn records(&self) -> usize {
        let request = ExportLogsServiceRequest::decode(&*self.body).expect("the message is a request");
        let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        scopes.map(|scope| scope.log_records.len()).sum()
    }

    pub(super) fn metrics(&self) -> ExportMetricsServiceRequest {
        ExportMetricsServiceRequest::decode(&*self.body).expect("the message is a request")
    }
}

pub(super) struct Receiver {
    pub(super) url: String,
    calls: Channel<Call>,
}

impl Receiver {
    /// Plays the script to whoever calls; after it, calls hang.
    pub(super) fn start(script: Vec<Step>) -> Self {
        Self::with("http", Server::builder(), script)
    }

    /// The same with a server that is set up already.
    pub(super) fn with(scheme: &str, mut server: Server, script: Vec<Step>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("{scheme}://localhost:{}", listener.local_addr().expect("a bound address").port());
        listener.set_nonblocking(true).expect("a socket that does not block");
        let (sender, calls) = mpsc::channel();
        let script = Script { steps: Arc::new(Mutex::new(script.into())), sender };
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let traces_and_logs =
                    server.add_service(Traces(script.clone())).add_service(Logs(script.clone()));
                let router = traces_and_logs.add_service(Metrics(script));
                router.serve_with_incoming(TcpIncoming::from(listener)).await.expect("it serves");
            });
        });
        Self { url, calls }
    }

    /// What came so far.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.try_iter().collect()
    }
}

#[derive(Clone)]
struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    sender: Sender<Call>,
}

#[derive(Clone)]
struct Traces(Script);

#[derive(Clone)]
struct Logs(Script);

impl NamedService for Traces {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

#[derive(Clone)]
struct Metrics(Script);

impl NamedService for Logs {
    const NAME: &'static str = "opentelemetry.proto.collector.logs.v1.LogsService";
}

impl NamedService for Metrics {
    const NAME: &'static str = "opentelemetry.proto.collector.metrics.v1.MetricsService";
}

impl Service<http::Request<Body>> for Traces {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.clone().serve(request)
    }
}

impl Service<http::Request<Body>> for Logs {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.clone().serve(request)
    }
}

impl Service<http::Request<Body>> for Metrics {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.clone().serve(request)
    }
}

impl Script {
    fn serve(self, request: http::Request<Body>) -> BoxFuture<http::Response<Body>, Infallible> {
        let play =
            Play { path: request.uri().path().to_owned(), headers: request.headers().clone(), script: self };
        Box::pin(async move {
            let mut server = Grpc::new(Raw).accept_compressed(CompressionEncoding::Gzip);
            Ok(server.unary(play, request).await)
        })
    }
}

/// One call of the script.
struct Play {
    script: Script,
    path: String,
    headers: http::HeaderMap,
}

impl UnaryService<Vec<u8>> for Play {
    type Response = Vec<u8>;
    type Future = BoxFuture<Response<Vec<u8>>, Status>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let call =
            Call { path: self.path.clone(), headers: self.headers.clone(), body: request.into_inner() };
        // The test may be over already.
        let _no_listener = self.script.sender.send(call);
        let step = self.script.steps.lock().expect("no step panics").pop_front();
        Box::pin(async move {
            match step {
                Some(Step::Answer(answer)) => Ok(Response::new(answer)),
                Some(Step::Fail(status)) => Err(status),
                Some(Step::Hang) | None => std::future::pending().await,
            }
        })
    }
}
