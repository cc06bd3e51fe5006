//! The service that the W3C's conformance suite for Trace Context talks to: <https://github.com/w3c/trace-context/tree/main/test>.
//!
//! It takes `POST /test` with a list of `{"url": …, "arguments": …}`, and calls each URL with its arguments, in a span of its
//! own. The suite is at these URLs, and looks at the `traceparent` and `tracestate` that come back.
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

use axum::Json;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;
use spanwright::{InContext, instrument, propagation};
use tokio::net::TcpListener;
use ureq::Agent;

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
    Router::new().route("/test", post(test))
}

async fn test(headers: HeaderMap, calls: Json<Vec<Call>>) -> Result<(), (StatusCode, String)> {
    let remote = propagation::extract(&headers);
    let answered = make_all(calls.0).in_context(remote).await;
    answered.map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))
}

#[instrument(name = "POST /test", kind = server, err)]
async fn make_all(calls: Vec<Call>) -> Result<(), ureq::Error> {
    let work = move || calls.iter().try_for_each(make);
    spanwright::spawn_blocking(work).await.unwrap_or(Err(ureq::Error::ConnectionFailed))
}

/// Calls one URL. What is injected is this span.
#[instrument(name = "POST", kind = client, err, fields(url.full = call.url.as_str()))]
fn make(call: &Call) -> Result<(), ureq::Error> {
    let agent: Agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().into();
    let mut request = agent.post(&call.url);
    if let Some(headers) = request.headers_mut() {
        propagation::inject(headers);
    }
    request.send_json(&call.arguments)?;
    Ok(())
}
