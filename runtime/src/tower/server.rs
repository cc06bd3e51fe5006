//! The layer for servers.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Extensions, Method, Request as HttpRequest, Response};
use http_body::Body;
use spanwright_core::slots::value::{FieldWriter, Value};
use tower_layer::Layer;
use tower_service::Service;

use super::body::TracedBody;
use super::future::RequestFuture;
use super::metrics::Scheme;
use super::request::{Request, Side};
use super::semantics;
use crate::propagation;

type Route = Arc<dyn Fn(&Extensions) -> Option<String> + Send + Sync>;

/// A span and metrics of each request that a service serves.
#[derive(Clone, Default)]
pub struct ServerLayer {
    route: Option<Route>,
    is_https: bool,
}

impl ServerLayer {
    /// The layer, which knows no routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks `route` for the request's route, as in `/users/{id}`: one of few, since it is a label. With axum it is the
    /// `MatchedPath` among the extensions, where the layer stands in `Router::layer` or `Router::route_layer`.
    #[must_use]
    pub fn route(mut self, route: impl Fn(&Extensions) -> Option<String> + Send + Sync + 'static) -> Self {
        self.route = Some(Arc::new(route));
        self
    }

    /// Says that requests come over `https` where they do not say so themselves, which those of HTTP/1 never do.
    #[must_use]
    pub fn https(mut self) -> Self {
        self.is_https = true;
        self
    }
}

impl fmt::Debug for ServerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer").field("is_https", &self.is_https).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, inner: S) -> Server<S> {
        Server { inner, layer: self.clone() }
    }
}

/// A service whose requests have spans. Made by [`ServerLayer`].
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    layer: ServerLayer,
}

impl<S, B, R> Service<HttpRequest<B>> for Server<S>
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

    fn call(&mut self, request: HttpRequest<B>) -> RequestFuture<S::Future> {
        let has_body = request.method() != Method::HEAD;
        let mut traced = self.layer.begin(&request);
        let future = traced.within(|| self.inner.call(request));
        RequestFuture::new(future, traced, has_body)
    }
}

impl ServerLayer {
    fn begin<B>(&self, request: &HttpRequest<B>) -> Request {
        let method = semantics::method(request.method());
        let route = self.route.as_ref().and_then(|route| route(request.extensions()));
        let scheme = match request.uri().scheme_str() {
            Some(scheme) => Scheme::named(scheme),
            None if self.is_https => Scheme::Https,
            None => Scheme::Http,
        };
        let around = propagation::extract(request.headers());
        let side = Side::Server { route: route.unwrap_or_default() };
        let shown = if let Side::Server { route } = &side { route.clone() } else { String::new() };
        Request::begin(around, side, method, scheme, |fields| {
            write(request, method, scheme, &shown, fields);
        })
    }
}

fn write<B>(
    request: &HttpRequest<B>,
    method: &str,
    scheme: Scheme,
    route: &str,
    fields: &mut FieldWriter<'_>,
) {
    let mut text = |key, value: &str| fields.push_keyed(key, Value::Str(value));
    if method != request.method().as_str() {
        text("http.request.method_original", request.method().as_str());
    }
    text("url.scheme", scheme.as_str());
    text("url.path", request.uri().path());
    if !route.is_empty() {
        text("http.route", route);
    }
    if let Some(version) = semantics::version(request.version()) {
        text("network.protocol.version", version);
    }
    if let Some(agent) = semantics::user_agent(request.headers()) {
        text("user_agent.original", agent);
    }
    if let Some(query) = request.uri().query() {
        text("url.query", &semantics::query(query));
    }
    if let Some((address, port)) = semantics::server(request.uri(), request.headers()) {
        text("server.address", &address);
        if let Some(port) = port {
            fields.push_keyed("server.port", Value::I64(port.into()));
        }
    }
}
