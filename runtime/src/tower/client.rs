//! The layer for clients.

use std::task::{Context as TaskContext, Poll};

use http::{Method, Request as HttpRequest, Response};
use http_body::Body;
use spanwright_core::context::Context;
use spanwright_core::slots::value::{FieldWriter, Value};
use tower_layer::Layer;
use tower_service::Service;

use super::body::TracedBody;
use super::future::RequestFuture;
use super::metrics::Scheme;
use super::request::{Request, Side};
use super::semantics;
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
    type Future = RequestFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> RequestFuture<S::Future> {
        let has_body = request.method() != Method::HEAD;
        let mut traced = begin(&request);
        let future = traced.within(|| {
            propagation::inject(request.headers_mut());
            self.inner.call(request)
        });
        RequestFuture::new(future, traced, has_body)
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
