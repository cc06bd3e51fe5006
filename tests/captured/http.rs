//! The layers for HTTP: a client and a server in one process, the client's request handed to the server.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::MatchedPath;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{any, get};
use http_body::Frame;
use spanwright::span::{Outcome, SpanKind};
use spanwright::testing::Captured;
use spanwright::tower::{ClientLayer, ServerLayer};
use spanwright::{instrument, propagation};
use tower_layer::Layer;
use tower_service::Service;

#[instrument]
fn work() {}

fn app() -> Router {
    let traced =
        ServerLayer::new().route(|extensions| Some(extensions.get::<MatchedPath>()?.as_str().to_owned()));
    let user = || async {
        work();
        "somebody"
    };
    Router::new()
        .route("/users/{id}", any(user))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/never", get(std::future::pending::<()>))
        .route("/panics", get(panics))
        .route("/late", get(|| async { Body::new(Late { left: 2 }) }))
        .route("/failing", get(|| async { Body::new(Failing) }))
        .layer(traced)
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

fn request(method: &str, path: &str) -> Request<Body> {
    let url = format!("http://user:pw@shop.test:8080{path}");
    Request::builder()
        .method(method)
        .uri(url)
        .header("user-agent", "test/1")
        .body(Body::empty())
        .expect("it is a request")
}

async fn ask(request: Request<Body>) -> Response<Body> {
    let mut client = ClientLayer::new().layer(app());
    let Ok(response) = client.call(request).await;
    response.map(Body::new)
}

async fn read(response: Response<Body>) -> Bytes {
    to_bytes(response.into_body(), 1_000).await.expect("it can be read")
}

/// A body of two parts that does not know its length, and works while it is read.
struct Late {
    left: u32,
}

impl HttpBody for Late {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        work();
        self.left = match self.left.checked_sub(1) {
            None => return Poll::Ready(None),
            Some(left) => left,
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"part")))))
    }
}

/// A body that fails.
struct Failing;

impl HttpBody for Failing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("broken"))))
    }
}

#[spanwright::test]
async fn a_request_is_one_trace_with_what_the_conventions_ask_for(telemetry: Captured) {
    let response = ask(request("GET", "/users/7?page=2&api_key=hunter2&sig=abc")).await;
    assert_eq!(read(response).await, "somebody");
    assert_eq!(telemetry.tree(), "GET\n  GET /users/{id}\n    work\n");
    let client = telemetry.span("GET");
    client.succeeded().has("http.request.method", "GET").has("server.address", "shop.test");
    client
        .has("server.port", 8080)
        .has("http.response.status_code", 200)
        .has("network.protocol.version", "1.1");
    let url = "http://REDACTED:REDACTED@shop.test:8080/users/7?page=2&api_key=REDACTED&sig=REDACTED";
    client.has("url.full", url).has("user_agent.original", "test/1").has_no("error.type");
    assert_eq!(client.kind, SpanKind::Client);
    let server = telemetry.span("GET /users/{id}");
    server.succeeded().has("http.route", "/users/{id}").has("url.path", "/users/7").has("url.scheme", "http");
    server.has("url.query", "page=2&api_key=REDACTED&sig=REDACTED").has("http.response.status_code", 200);
    server.has("server.address", "shop.test").has("server.port", 8080).has_no("error.type");
    assert_eq!((server.kind, server.parent_is_remote), (SpanKind::Server, true));
    let served = [
        ("http_request_method", "GET"),
        ("url_scheme", "http"),
        ("error_type", ""),
        ("http_response_status_code", "200"),
        ("http_route", "/users/{id}"),
    ];
    assert_eq!(telemetry.metric("http_server_request_duration_seconds", &served).count(), Some(1));
    let asked = [
        ("http_request_method", "GET"),
        ("error_type", ""),
        ("http_response_status_code", "200"),
        ("server_address", "shop.test"),
        ("server_port", "8080"),
    ];
    assert_eq!(telemetry.metric("http_client_request_duration_seconds", &asked).count(), Some(1));
    let open = [("http_request_method", "GET"), ("url_scheme", "http")];
    telemetry.metric("http_server_active_requests", &open).is(0.0);
    telemetry.metric("http_client_active_requests", &open).is(0.0);
}

#[spanwright::test]
async fn statuses_are_errors_of_the_side_that_they_blame(telemetry: Captured) {
    read(ask(request("GET", "/missing")).await).await;
    telemetry.span("GET").failed().has("error.type", "404");
    telemetry.span("GET /missing").succeeded().has_no("error.type");
    read(ask(request("GET", "/broken")).await).await;
    telemetry.span("GET /broken").failed().has("error.type", "502").has("http.response.status_code", 502);
}

#[spanwright::test]
async fn what_has_no_route_or_no_known_method_has_no_name_of_its_own(telemetry: Captured) {
    read(ask(request("BREW", "/users/7")).await).await;
    telemetry.span("HTTP").has("http.request.method", "_OTHER").has("http.request.method_original", "BREW");
    telemetry.span("HTTP /users/{id}").has("http.request.method", "_OTHER");
}

#[spanwright::test]
async fn a_span_lasts_until_the_end_of_the_body(telemetry: Captured) {
    let response = ask(request("GET", "/late")).await;
    assert!(telemetry.spans().is_empty(), "both go on");
    assert_eq!(read(response).await, "partpart");
    assert_eq!(telemetry.tree(), "GET\n  GET /late\n    work\n    work\n    work\n");
    telemetry.span("GET /late").succeeded();
}

#[spanwright::test]
async fn a_response_that_is_dropped_is_cancelled_for_the_server(telemetry: Captured) {
    let response = ask(request("GET", "/late")).await;
    let mut body = response.into_body();
    let first = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await;
    assert!(first.is_some_and(|frame| frame.is_ok()));
    drop(body);
    telemetry.span("GET /late").ended(Outcome::Cancelled).has("error.type", "cancelled");
    telemetry.span("GET").succeeded();
}

#[spanwright::test]
async fn a_body_that_nobody_reads_is_no_error(telemetry: Captured) {
    drop(ask(request("HEAD", "/users/7")).await);
    telemetry.span("HEAD /users/{id}").succeeded();
    drop(ask(request("GET", "/missing")).await);
    telemetry.span("GET /missing").succeeded();
}

#[spanwright::test]
async fn a_body_that_fails_is_an_error(telemetry: Captured) {
    let response = ask(request("GET", "/failing")).await;
    to_bytes(response.into_body(), 1_000).await.unwrap_err();
    telemetry.span("GET /failing").failed().has("http.response.status_code", 200);
    telemetry.span("GET").failed();
}

#[spanwright::test]
async fn a_request_that_is_given_up_is_cancelled(telemetry: Captured) {
    {
        let mut given_up = pin!(ask(request("GET", "/never")));
        let polled = poll_fn(|task| Poll::Ready(given_up.as_mut().poll(task).is_pending())).await;
        assert!(polled && telemetry.spans().is_empty());
        let open = [("http_request_method", "GET"), ("url_scheme", "http")];
        telemetry.metric("http_server_active_requests", &open).is(1.0);
    }
    telemetry.span("GET /never").ended(Outcome::Cancelled);
    telemetry.span("GET").ended(Outcome::Cancelled);
    let open = [("http_request_method", "GET"), ("url_scheme", "http")];
    telemetry.metric("http_server_active_requests", &open).is(0.0);
}

/// What a layer does that makes a panic a response, within a task or not.
async fn caught(future: impl Future) -> bool {
    let mut future = Box::pin(future);
    poll_fn(move |task| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(task))) {
        Ok(polled) => polled.map(|_| false),
        Err(_) => Poll::Ready(true),
    })
    .await
}

#[spanwright::test]
async fn a_panic_is_the_requests_even_where_it_is_caught(telemetry: Captured) {
    assert!(caught(ask(request("GET", "/panics"))).await);
    telemetry.span("GET /panics").ended(Outcome::Panicked).has("error.type", "panicked");
    telemetry.span("GET").ended(Outcome::Panicked);
}

#[spanwright::test]
async fn a_request_that_another_ones_panic_ends_is_cancelled(telemetry: Captured) {
    let ended = caught(async {
        let mut given_up = pin!(ask(request("GET", "/never")));
        poll_fn(|task| Poll::Ready(given_up.as_mut().poll(task).is_pending())).await;
        panic!("on purpose");
    });
    assert!(ended.await);
    telemetry.span("GET /never").ended(Outcome::Cancelled);
    telemetry.span("GET").ended(Outcome::Cancelled);
}

#[spanwright::test]
async fn what_comes_with_a_request_goes_on_with_it(telemetry: Captured) {
    let baggage = propagation::Baggage::current().with_text("tenant", "acme").unwrap();
    let attached = baggage.attach();
    let seen = Router::new()
        .route("/", get(|| async { propagation::Baggage::current().get_text("tenant").unwrap().to_owned() }))
        .layer(ServerLayer::new());
    let request = Request::get("/").body(Body::empty()).unwrap();
    let mut client = ClientLayer::new().layer(seen);
    let asked = client.call(request);
    // It is the request's from here on.
    drop(attached);
    let Ok(response) = asked.await;
    assert_eq!(read(response.map(Body::new)).await, "acme");
    assert_eq!(telemetry.spans().len(), 2);
}
