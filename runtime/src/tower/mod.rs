//! Layers of `tower` for servers and clients of HTTP: a span and metrics of each request, with OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/http/), in the trace of whoever calls and of whoever is called.
//!
//! ```
//! use axum::{Router, extract::MatchedPath, routing::get};
//! use spanwright::tower::ServerLayer;
//!
//! let traced = ServerLayer::new()
//!     .route(|extensions| Some(extensions.get::<MatchedPath>()?.as_str().to_owned()));
//! let app: Router = Router::new().route("/users/{id}", get(|| async { "somebody" })).layer(traced);
//! ```
//!
//! | | [`ServerLayer`] | [`ClientLayer`] |
//! | --- | --- | --- |
//! | parent | what the request's headers say | the current span |
//! | the request's headers | are read | have the span written into them |
//! | span's name | `{method} {route}`, or `{method}` | `{method}` |
//! | an error | 5xx, an error of the service, of the response's body | the same, and 4xx |
//! | histogram | `http.server.request.duration` | `http.client.request.duration` |
//! | open requests | `http.server.active_requests` | `http.client.active_requests` |
//!
//! A span and its time last until the response's body has ended or is dropped; a server's response that is dropped before it has
//! ended is cancelled, as is a request whose future is. A panic of the service or the body is the request's, whoever catches it. The span is current at each poll of the service and of the body.
//!
//! Methods that are no standard's are `_OTHER`; in a query, values of keys that name secrets or signatures are `REDACTED`. The
//! target of the spans is `spanwright::tower`. In metrics there are at most 63 routes, 15 status codes and 31 servers; what is
//! beyond is `other`.

mod body;
mod client;
mod future;
mod metrics;
mod request;
mod semantics;
mod server;

pub use body::TracedBody;
pub use client::{Client, ClientLayer};
pub use future::RequestFuture;
pub use server::{Server, ServerLayer};

#[cfg(test)]
mod tests;
