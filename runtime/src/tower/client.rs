//! The layer for clients.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use http::{Method, Request as HttpRequest, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use spanwright_core::context::Context;
use spanwright_core::slots::value::{FieldWriter, Value};
use tower_layer::Layer;
use tower_service::Service;

use super::body::TracedBody;
use super::metrics::Scheme;
use super::request::{Request, Side};
use super::semantics;
use super::server::finished;
use crate::{bridge, propagation};

/// A span and metrics of each request that a client makes, and the span in its headers.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ClientLayer;

impl ClientLayer {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client { inner }
    }
}

/// A client whose requests have spans. Made by [`ClientLayer`].
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
}

impl<S, B, R> Service<HttpRequest<B>> for Client<S>
where
    S: Service<HttpRequest<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> ClientFuture<S::Future> {
        let has_body = request.method() != Method::HEAD;
        let traced = begin(&request);
        let future = {
            let _entered = traced.enter();
            propagation::inject(request.headers_mut());
            self.inner.call(request)
        };
        ClientFuture { future: Some(future), request: Some(traced), has_body }
    }
}

fn begin<B>(request: &HttpRequest<B>) -> Request {
    let around = bridge::around(Context::current());
    let method = semantics::method(request.method());
    let scheme = Scheme::named(request.uri().scheme_str().unwrap_or_default());
    let server = semantics::server(request.uri(), request.headers());
    let default = if matches!(scheme, Scheme::Https) { 443 } else { 80 };
    let (address, port) =
        server.map_or_else(Default::default, |(host, port)| (host, Some(port.unwrap_or(default))));
    let side = Side::Client {
        address: address.clone(),
        port: port.map(|port: u16| port.to_string()).unwrap_or_default(),
    };
    Request::begin(around, side, method, scheme, |fields| write(request, method, &address, port, fields))
}

fn write<B>(
    request: &HttpRequest<B>,
    method: &str,
    address: &str,
    port: Option<u16>,
    fields: &mut FieldWriter<'_>,
) {
    let mut text = |key, value: &str| fields.push_keyed(key, Value::Str(value));
    if method != request.method().as_str() {
        text("http.request.method_original", request.method().as_str());
    }
    if !address.is_empty() {
        text("server.address", address);
    }
    text("url.full", &semantics::url(request.uri()));
    if let Some(version) = semantics::version(request.version()) {
        text("network.protocol.version", version);
    }
    if let Some(agent) = semantics::user_agent(request.headers()) {
        text("user_agent.original", agent);
    }
    if let Some(port) = port {
        fields.push_keyed("server.port", Value::I64(port.into()));
    }
}

pin_project! {
    /// A request that is being made. Made by [`Client`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture<F> {
        // Nothing once it has been dropped within its span.
        #[pin]
        future: Option<F>,
        request: Option<Request>,
        has_body: bool,
    }

    impl<F> PinnedDrop for ClientFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.request.as_ref().map(Request::enter);
            this.future.set(None);
        }
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TracedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = {
            let _entered = this.request.as_ref().map(Request::enter);
            future.poll(task)
        };
        let Poll::Ready(answer) = polled else { return Poll::Pending };
        let Some(request) = this.request.take() else { return Poll::Pending };
        Poll::Ready(finished(answer, request, false, *this.has_body))
    }
}
