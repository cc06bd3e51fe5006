//! What the server answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Admin;
use crate::export::text::{self, Format};
use crate::own_metrics::ScrapeMetrics;
use crate::registry::{Registry, merged};

/// The paths that there are.
const PATHS: [&str; 4] = ["/metrics", "/health", "/ready", "/live"];

pub(super) fn router(admin: Admin) -> Router {
    Router::new()
        .route("/metrics", get(serve_metrics))
        .route("/health", get(serve_health))
        .route("/ready", get(serve_ready))
        .route("/live", get(async || answer(StatusCode::OK, &json!({ "status": "alive" }))))
        .fallback(async || {
            answer(StatusCode::NOT_FOUND, &json!({ "error": "there is no such page", "pages": PATHS }))
        })
        .method_not_allowed_fallback(async || {
            answer(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "only GET and HEAD are answered" }))
        })
        .with_state(Arc::new(admin))
}

async fn serve_metrics(State(admin): State<Arc<Admin>>, headers: HeaderMap) -> Response {
    let accept: Vec<_> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = (!accept.is_empty()).then(|| accept.join(", "));
    let format = Format::negotiate(accept.as_deref());
    let scrape = ScrapeMetrics::global();
    let _timer = scrape.duration_seconds.start_timer();
    let page = text::encode(format, &scrape.noted(merged(admin.registries.iter().map(Registry::snapshot))));
    let headers = [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "accept")];
    (StatusCode::OK, headers, page).into_response()
}

async fn serve_health(State(admin): State<Arc<Admin>>) -> Response {
    let report = admin.health.report().await;
    answer(status(report.is_healthy()), &admin.health.health_json(&report))
}

async fn serve_ready(State(admin): State<Arc<Admin>>) -> Response {
    let (ready, json) = admin.health.ready_json().await;
    answer(status(ready), &json)
}

fn status(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// A JSON object, which nobody may keep.
fn answer(status: StatusCode, json: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{json}\n")).into_response()
}
