//! What the server answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Admin;
use super::metrics::{NoPage, Pages};

/// The paths that there are.
const PATHS: [&str; 4] = ["/metrics", "/health", "/ready", "/live"];

/// All routes; a page of metrics may take as long as `limit`.
pub(super) fn router(admin: Admin, limit: Duration) -> Router {
    let pages = Pages::of(admin.registries.clone(), limit);
    Router::new()
        .route("/metrics", get(async move |headers: HeaderMap| serve_metrics(pages, headers).await))
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

async fn serve_metrics(pages: Pages, headers: HeaderMap) -> Response {
    match pages.answer(&headers).await {
        Ok(page) => page,
        Err(problem) => {
            let status = match problem {
                NoPage::Late(_) => StatusCode::SERVICE_UNAVAILABLE,
                NoPage::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            };
            answer(status, &json!({ "error": problem.to_string() }))
        }
    }
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
