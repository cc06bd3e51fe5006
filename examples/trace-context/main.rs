//! The service that the W3C's conformance suite for Trace Context talks to: <https://github.com/w3c/trace-context/tree/main/test>.
//!
//! It takes `POST /test` with a list of `{"url": …, "arguments": …}`, and calls each URL with its arguments, in a span of its
//! own. The suite is at these URLs, and looks at the `traceparent` and `tracestate` that come back. All that it needs for
//! that are two layers: one around its routes, one around its client.
//!
//! ```text
//! cargo run --example trace-context            # on 127.0.0.1:5000
//! cargo run --example trace-context -- 0       # on a free port
//! bash tests/trace_context.sh                  # gets the suite and runs it against this
//! ```
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use spanwright::tower::{Client, ClientLayer, ServerLayer};
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

/// A client whose requests have spans, and carry them.
type Traced = Client<hyper_util::client::legacy::Client<HttpConnector, Body>>;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// A call that the service is asked to make.
#[derive(Debug, Deserialize)]
struct Call {
    url: String,
    /// What to send: calls that are to be made there, if that is such a service too.
    arguments: Value,
}

#[spanwright::main(service_name = "trace-context")]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(5000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("The service is at http://{}/test", listener.local_addr()?);
    let shutdown = spanwright::shutdown_token();
    let end = async move { shutdown.cancelled().await };
    axum::serve(listener, routes()).with_graceful_shutdown(end).await?;
    Ok(())
}

fn routes() -> Router {
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let traced =
        ServerLayer::new().route(|extensions| Some(extensions.get::<MatchedPath>()?.as_str().to_owned()));
    Router::new().route("/test", post(test)).with_state(ClientLayer::new().layer(client)).layer(traced)
}

async fn test(State(client): State<Traced>, calls: Json<Vec<Call>>) -> Result<(), (StatusCode, String)> {
    for call in calls.0 {
        let made = tokio::time::timeout(PATIENCE, make(client.clone(), &call)).await;
        made.map_err(|error| (StatusCode::GATEWAY_TIMEOUT, error.to_string()))?
            .map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))?;
    }
    Ok(())
}

/// Calls one URL. The call's span lasts until its answer was read.
async fn make(mut client: Traced, call: &Call) -> Result<(), Box<dyn Error + Send + Sync>> {
    let request = Request::post(&call.url)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(call.arguments.to_string()))?;
    let answer = client.call(request).await?;
    to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await?;
    Ok(())
}
