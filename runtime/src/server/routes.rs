//! What the server answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::Admin;
use super::connections::Peer;
use super::inside::PAGES;
use super::metrics::{NoPage, Pages};

/// What is answered however many others ask: an orchestrator kills a program that does not.
pub(super) const PROBES: [&str; 2] = ["/ready", "/live"];
/// The paths for everybody.
const PATHS: [&str; 4] = ["/metrics", "/health", "/ready", "/live"];

/// All routes; a page of metrics may take as long as `limit`.
pub(super) fn router(admin: Admin, limit: Duration) -> Router {
    let pages = Pages::of(admin.registries.clone(), limit);
    let mut router = Router::new()
        .route("/metrics", get(async move |headers: HeaderMap| serve_metrics(pages, headers).await))
        .route("/health", get(serve_health))
        .route("/ready", get(serve_ready))
        .route("/live", get(async || answer(StatusCode::OK, &json!({ "status": "alive" }))));
    for page in PAGES {
        let serve =
            async move |State(admin): State<Arc<Admin>>, request: Request| page.answer(admin, request).await;
        router = router.route(page.path, any(serve));
    }
    #[cfg(feature = "console")]
    let (router, console) = super::console::add_to(router, &admin);
    #[cfg(not(feature = "console"))]
    let console: &'static [&'static str] = &[];
    router
        .fallback(async move || {
            let pages = PAGES.iter().map(|page| page.path);
            let paths: Vec<_> = PATHS.into_iter().chain(pages).chain(console.iter().copied()).collect();
            answer(StatusCode::NOT_FOUND, &json!({ "error": "there is no such page", "pages": paths }))
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

async fn serve_health(
    State(admin): State<Arc<Admin>>,
    peer: Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (good, json) = admin.health.health_json(wants_detail(&admin, *peer, &uri, &headers)).await;
    answer(status(good), &json)
}

async fn serve_ready(
    State(admin): State<Arc<Admin>>,
    peer: Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (ready, json) = admin.health.ready_json(wants_detail(&admin, *peer, &uri, &headers)).await;
    answer(status(ready), &json)
}

/// Whether details are asked for, by whom they are for. Others get the short answer: probes go on whatever they ask.
fn wants_detail(admin: &Admin, peer: Peer, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut asked = uri.query().unwrap_or_default().split('&');
    asked.any(|part| matches!(part.split('=').next(), Some("detail" | "verbose")))
        && admin.access.may_see(peer, headers).is_ok()
}

fn status(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// A JSON object, which nobody may keep.
pub(super) fn answer(status: StatusCode, json: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{json}\n")).into_response()
}
