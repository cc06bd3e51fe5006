//! The live console's routes: the page's files for everybody, and what the page asks for as `access` decides.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_core::Stream;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use super::Admin;
use super::connections::Peer;
use super::inside::refused;
use super::routes::answer;
use crate::console::{Console, NoLook};
use crate::span::TraceId;

/// Nothing but our own files, and no page around ours.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/// How long nothing is sent at most.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// What is sent as long as somebody looks.
pub(super) const STREAM: &str = "/console/stream";
/// What is listed where there is no such page.
const PATHS: &[&str] = &[
    "/",
    STREAM,
    "/console/trace/{trace_id}",
    "/console/dashboards.tar",
    "/console/alerts.yml",
    "/console/recording",
];

/// Marks an answer that has no end.
#[derive(Clone, Copy, Debug)]
struct NoEnd;

/// Whether an answer has no end.
pub(super) fn has_no_end(answer: &Response) -> bool {
    answer.extensions().get::<NoEnd>().is_some()
}

/// Adds the routes, where there is a console, and tells them.
pub(super) fn add_to(
    router: Router<Arc<Admin>>,
    admin: &Admin,
) -> (Router<Arc<Admin>>, &'static [&'static str]) {
    if admin.console.is_none() {
        return (router, &[]);
    }
    let files = spanwright_viewer::CONSOLE.iter().fold(router, |router, file| {
        let path = if file.path.is_empty() { "/".to_owned() } else { format!("/console/{}", file.path) };
        let serve = async || safe(([(header::CONTENT_TYPE, file.content_type)], file.text).into_response());
        router.route(&path, get(serve))
    });
    let router = files
        .route(STREAM, get(stream))
        .route("/console/trace/{trace_id}", get(trace))
        .route("/console/dashboards.tar", get(dashboards))
        .route("/console/alerts.yml", get(alerts))
        .route("/console/recording", get(recording));
    (router, PATHS)
}

/// With the headers that keep a browser from doing anything else with it.
fn safe(mut answer: Response) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    answer
}

fn failed(status: StatusCode, error: impl std::fmt::Display) -> Response {
    safe(answer(status, &json!({ "error": error.to_string() })))
}

/// The console, for who may see it.
fn admitted(admin: &Admin, parts: &Parts) -> Result<Arc<Console>, Box<Response>> {
    let refuse = |status, error: &str| Box::new(failed(status, error));
    let gone = || refuse(StatusCode::NOT_FOUND, "there is no console");
    let console = admin.console.clone().ok_or_else(gone)?;
    let Some(peer) = parts.extensions.get::<Peer>().copied() else {
        return Err(refuse(StatusCode::FORBIDDEN, "who asks is not known"));
    };
    // A page of another site can't read an answer, but could have the service look at itself.
    let site = parts.headers.get("sec-fetch-site").map(header::HeaderValue::as_bytes);
    if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return Err(refuse(StatusCode::FORBIDDEN, "a page of another site may not ask this"));
    }
    admin.access.may_see(peer, &parts.headers).map_err(|refusal| Box::new(safe(refused(refusal))))?;
    Ok(console)
}

/// What is going on, as it goes on.
async fn stream(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let console = match admitted(&admin, &parts) {
        Ok(console) => console,
        Err(refused) => return *refused,
    };
    let headers = [(header::CONTENT_TYPE, "text/event-stream")];
    if parts.method == Method::HEAD {
        return safe(headers.into_response());
    }
    let runtime = Handle::current();
    // The first one may have to wait for a pipeline.
    match tokio::task::spawn_blocking(move || console.look(runtime)).await {
        Ok(Ok(events)) => {
            let mut answer = safe((headers, Body::from_stream(Events::new(events))).into_response());
            answer.extensions_mut().insert(NoEnd);
            answer
        }
        Ok(Err(error @ NoLook::Full)) => {
            let mut answer = failed(StatusCode::SERVICE_UNAVAILABLE, error);
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
            answer
        }
        Ok(Err(error)) => failed(StatusCode::SERVICE_UNAVAILABLE, error),
        Err(_) => failed(StatusCode::INTERNAL_SERVER_ERROR, "the console could not be started"),
    }
}

/// One trace, with its log lines.
async fn trace(State(admin): State<Arc<Admin>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let console = match admitted(&admin, &parts) {
        Ok(console) => console,
        Err(refused) => return *refused,
    };
    let Some(trace_id) = read_id(&id) else {
        return failed(StatusCode::BAD_REQUEST, "a trace's id has 32 hexadecimal digits");
    };
    match tokio::task::spawn_blocking(move || console.trace(trace_id)).await {
        Ok(Some(json)) => safe(([(header::CONTENT_TYPE, "application/json")], json).into_response()),
        Ok(None) => failed(
            StatusCode::NOT_FOUND,
            "this trace is not kept: it ended before the console was opened, or has made room for later ones",
        ),
        Err(_) => failed(StatusCode::INTERNAL_SERVER_ERROR, "the trace could not be read"),
    }
}

async fn dashboards(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    taken(&admin, request, "application/x-tar", "dashboards.tar", |console| Ok(console.dashboards())).await
}

async fn alerts(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    taken(&admin, request, "application/yaml", "alerts.yml", |console| Ok(console.alerts().into_bytes()))
        .await
}

/// What is made beside the server's thread, and is to be kept as a file.
async fn taken(
    admin: &Admin,
    request: Request,
    content_type: &'static str,
    name: &'static str,
    make: impl FnOnce(&Console) -> Result<Vec<u8>, (StatusCode, String)> + Send + 'static,
) -> Response {
    let (parts, _) = request.into_parts();
    let console = match admitted(admin, &parts) {
        Ok(console) => console,
        Err(refused) => return *refused,
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    match tokio::task::spawn_blocking(move || make(&console)).await {
        Ok(Ok(bytes)) => {
            let headers =
                [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, &*disposition)];
            safe((headers, bytes).into_response())
        }
        Ok(Err((status, error))) => failed(status, error),
        Err(_) => failed(StatusCode::INTERNAL_SERVER_ERROR, "it could not be made"),
    }
}

/// What a flight recorder keeps, as far as `seconds` back.
async fn recording(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = query.split('&').find_map(|part| part.strip_prefix("seconds="));
    let seconds = asked.map(|text| text.parse().ok().filter(|seconds| (1..=3600).contains(seconds)));
    let Some(time) = seconds.map_or(Some(None), |seconds| seconds.map(|it| Some(Duration::from_secs(it))))
    else {
        return failed(StatusCode::BAD_REQUEST, "`seconds` is a whole number from 1 to 3600");
    };
    taken(&admin, request, "application/octet-stream", "recording.spwr", move |_| copy(time)).await
}

#[cfg(feature = "recorder")]
fn copy(time: Option<Duration>) -> Result<Vec<u8>, (StatusCode, String)> {
    use crate::recorder::{NoCopy, RecorderHandle};

    let no_recorder = || (StatusCode::NOT_FOUND, "there is no recorder".to_owned());
    let recorder = RecorderHandle::current().ok_or_else(no_recorder)?;
    recorder.copy(time).map_err(|error| {
        let status = match error {
            NoCopy::Stream => StatusCode::CONFLICT,
            NoCopy::Busy | NoCopy::Late => StatusCode::SERVICE_UNAVAILABLE,
            NoCopy::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, error.to_string())
    })
}

#[cfg(not(feature = "recorder"))]
fn copy(_: Option<Duration>) -> Result<Vec<u8>, (StatusCode, String)> {
    Err((StatusCode::NOT_FOUND, "there is no recorder: the feature `recorder` is off".to_owned()))
}

fn read_id(text: &str) -> Option<TraceId> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = u128::from_str_radix(text, 16).ok().filter(|_| is_id)?;
    Some(TraceId { high: (id >> 64) as u64, low: id as u64 })
}

/// A client's events, and a comment where there are none for a while. It ends when the console forgets the client.
struct Events {
    events: mpsc::Receiver<Bytes>,
    heartbeat: Pin<Box<Sleep>>,
}

impl Events {
    fn new(events: mpsc::Receiver<Bytes>) -> Self {
        Self { events, heartbeat: Box::pin(tokio::time::sleep(HEARTBEAT)) }
    }
}

impl Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match self.events.poll_recv(context) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(bytes)) => bytes,
            Poll::Pending => {
                std::task::ready!(self.heartbeat.as_mut().poll(context));
                Bytes::from_static(b": alive\n\n")
            }
        };
        self.heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
        Poll::Ready(Some(Ok(next)))
    }
}
