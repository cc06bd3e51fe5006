//! Pages about the program's inside: who may see and change them is decided in `access`.

use std::sync::Arc;

use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::{Value, json};

use super::Admin;
use super::access::Refusal;
use super::connections::Peer;
use super::routes::answer;
use crate::config::{self, Components};
#[cfg(feature = "recorder")]
use crate::recorder::RecorderHandle;
use crate::telemetry::Telemetry;
use crate::{catalog, component, logs, telemetry};

/// The largest body that is read, in bytes.
const LARGEST: usize = 4 << 10;

/// Does what the body of a PUT says, or tells what it may say.
type Change = fn(&Admin, &str) -> Result<(), String>;

/// What a page shows.
enum Shown {
    Json(Value),
    /// JSON that is written already.
    Written(String),
    Text(String),
}

/// A page. A new one is a row of [`PAGES`].
pub(super) struct Page {
    /// Where it is.
    pub(super) path: &'static str,
    /// What it shows.
    read: fn(&Admin) -> Shown,
    /// What is done with the body of a PUT; nothing for a page that only shows.
    change: Option<Change>,
}

/// All pages about the inside.
pub(super) static PAGES: &[Page] = &[
    Page {
        path: "/telemetry",
        read: |_| Shown::Json(json!({ "enabled": telemetry::is_enabled() })),
        change: Some(|_, text| {
            let enabled = match text.trim() {
                "on" | "true" => true,
                "off" | "false" => false,
                _ => return Err("write `on` or `off`".to_owned()),
            };
            telemetry::set_enabled(enabled);
            Ok(())
        }),
    },
    Page {
        path: "/catalog",
        read: |admin| Shown::Written(catalog::of(&admin.registries).to_json()),
        change: None,
    },
    #[cfg(feature = "recorder")]
    Page {
        path: "/recorder",
        read: |_| Shown::Json(recorder()),
        change: Some(|_, text| {
            let recorder = RecorderHandle::current().ok_or("there is no recorder")?;
            match text.trim() {
                "on" => recorder.enable(),
                "off" => recorder.disable(),
                "dump" => recorder.request("request"),
                _ => return Err("write `on`, `off` or `dump`".to_owned()),
            }
            Ok(())
        }),
    },
    Page { path: "/config", read: |_| Shown::Text(configuration()), change: None },
    Page {
        path: "/log-level",
        read: |_| Shown::Json(json!({ "filter": logs::filter() })),
        change: Some(|_, text| match text.trim() {
            "" => Err("write levels and targets as `info,my_crate::db=debug`".to_owned()),
            filter => logs::set_filter(filter).map_err(|error| error.to_string()),
        }),
    },
    Page {
        path: "/components",
        read: |_| Shown::Json(components()),
        change: Some(|_, text| {
            let switched = config::parse::<Components>(text)?;
            if switched.is_empty() {
                return Err("write components as `cache=off,http=spans,db=metrics,queue=on`".to_owned());
            }
            component::set_all(switched);
            Ok(())
        }),
    },
];

/// A text that nobody may keep.
fn written(content_type: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// What is in force, secrets hidden.
fn configuration() -> String {
    // The server answers a little before the start is over.
    let starting = || "the telemetry is still starting\n".to_owned();
    Telemetry::explain().map_or_else(starting, |explanation| explanation.to_string())
}

fn components() -> Value {
    let states = component::components().into_iter().map(|state| {
        json!({
            "name": state.name,
            "enabled": state.enabled.to_string(),
            "decider": state.decider.to_string(),
            "functions": state.functions,
        })
    });
    json!({ "components": states.collect::<Vec<_>>() })
}

/// The answer to who may not.
pub(super) fn refused(refusal: Refusal) -> Response {
    let challenge = (refusal.status == StatusCode::UNAUTHORIZED)
        .then_some(AppendHeaders([(header::WWW_AUTHENTICATE, "Bearer")]));
    let answer = answer(refusal.status, &json!({ "error": refusal.message }));
    (challenge, answer).into_response()
}

impl Page {
    /// The methods that it takes.
    fn allow(&self) -> &'static str {
        if self.change.is_some() { "GET, HEAD, PUT" } else { "GET, HEAD" }
    }

    /// The answer to a request.
    pub(super) async fn answer(&self, admin: Arc<Admin>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        // Without the connection that says who asks, nobody does.
        let Some(peer) = parts.extensions.get::<Peer>().copied() else {
            return answer(StatusCode::FORBIDDEN, &json!({ "error": "who asks is not known" }));
        };
        match (parts.method, self.change) {
            (Method::GET | Method::HEAD, _) => match admin.access.may_see(peer, &parts.headers) {
                Ok(()) => self.show(admin).await,
                Err(refusal) => refused(refusal),
            },
            (Method::PUT, Some(change)) => match admin.access.may_change(peer, &parts.headers) {
                Ok(()) => self.change(admin, change, body).await,
                Err(refusal) => refused(refusal),
            },
            _ => {
                let methods = [(header::ALLOW, self.allow())];
                let error = json!({ "error": format!("this page takes {}", self.allow()) });
                (methods, answer(StatusCode::METHOD_NOT_ALLOWED, &error)).into_response()
            }
        }
    }

    /// What the page shows; beside the server's thread, since it may take locks.
    async fn show(&self, admin: Arc<Admin>) -> Response {
        let read = self.read;
        match tokio::task::spawn_blocking(move || read(&admin)).await {
            Ok(Shown::Json(json)) => answer(StatusCode::OK, &json),
            Ok(Shown::Written(json)) => written("application/json", json),
            Ok(Shown::Text(text)) => written("text/plain; charset=utf-8", text),
            Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "it could not be read" })),
        }
    }

    async fn change(&self, admin: Arc<Admin>, change: Change, body: Body) -> Response {
        let Ok(bytes) = body::to_bytes(body, LARGEST).await else {
            let error =
                json!({ "error": format!("the body must be whole, and have at most {LARGEST} bytes") });
            return answer(StatusCode::PAYLOAD_TOO_LARGE, &error);
        };
        let Ok(text) = String::from_utf8(bytes.into()) else {
            return answer(StatusCode::BAD_REQUEST, &json!({ "error": "the body is not UTF-8" }));
        };
        let by = Arc::clone(&admin);
        match tokio::task::spawn_blocking(move || change(&by, &text)).await {
            Ok(Ok(())) => self.show(admin).await,
            Ok(Err(error)) => answer(StatusCode::BAD_REQUEST, &json!({ "error": error })),
            Err(_) => {
                answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "it could not be changed" }))
            }
        }
    }
}

/// How the recorder is.
#[cfg(feature = "recorder")]
fn recorder() -> Value {
    let Some(recorder) = RecorderHandle::current() else { return json!({ "running": false }) };
    let status = recorder.status();
    json!({
        "running": true,
        "enabled": status.enabled,
        "events": status.events,
        "lost": status.lost,
        "bytes_written": status.bytes_written,
        "dumps": status.dumps,
        "failing": status.failing,
        "mortal": status.mortal,
        "uploads": status.uploads.map(|uploads| json!({
            "queued_files": uploads.queued_files,
            "queued_bytes": uploads.queued_bytes,
            "uploaded_files": uploads.uploaded_files,
            "uploaded_bytes": uploads.uploaded_bytes,
            "failures": uploads.failures,
            "lost_files": uploads.lost_files,
            "failing": uploads.last_error,
        })),
    })
}
