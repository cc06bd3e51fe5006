//! The pages: the live console, which the admin server of `spanwright` serves, and the viewer of recordings.

/// A file of a page, as it is served.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asset {
    /// Where it is, without a slash before it; the page itself is nowhere.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its text.
    pub text: &'static str,
}

const fn asset(path: &'static str, content_type: &'static str, text: &'static str) -> Asset {
    Asset { path, content_type, text }
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The live console.
pub static CONSOLE: &[Asset] = &[
    asset("", HTML, include_str!("../console/index.html")),
    asset("page/catalogue.mjs", SCRIPT, include_str!("../console/catalogue.mjs")),
    asset("page/configuration.mjs", SCRIPT, include_str!("../console/configuration.mjs")),
    asset("page/connection.mjs", SCRIPT, include_str!("../console/connection.mjs")),
    asset("page/console.css", CSS, include_str!("../console/console.css")),
    asset("page/controls.mjs", SCRIPT, include_str!("../console/controls.mjs")),
    asset("page/downloads.mjs", SCRIPT, include_str!("../console/downloads.mjs")),
    asset("page/function.mjs", SCRIPT, include_str!("../console/function.mjs")),
    asset("page/functions.mjs", SCRIPT, include_str!("../console/functions.mjs")),
    asset("page/health.mjs", SCRIPT, include_str!("../console/health.mjs")),
    asset("page/keys.mjs", SCRIPT, include_str!("../console/keys.mjs")),
    asset("page/logs.mjs", SCRIPT, include_str!("../console/logs.mjs")),
    asset("page/main.mjs", SCRIPT, include_str!("../console/main.mjs")),
    asset("page/model.mjs", SCRIPT, include_str!("../console/model.mjs")),
    asset("page/notice.mjs", SCRIPT, include_str!("../console/notice.mjs")),
    asset("page/objectives.mjs", SCRIPT, include_str!("../console/objectives.mjs")),
    asset("page/overview.mjs", SCRIPT, include_str!("../console/overview.mjs")),
    asset("page/route.mjs", SCRIPT, include_str!("../console/route.mjs")),
    asset("page/runtime.mjs", SCRIPT, include_str!("../console/runtime.mjs")),
    asset("page/series.mjs", SCRIPT, include_str!("../console/series.mjs")),
    asset("page/server.mjs", SCRIPT, include_str!("../console/server.mjs")),
    asset("page/span.mjs", SCRIPT, include_str!("../console/span.mjs")),
    asset("page/stream.mjs", SCRIPT, include_str!("../console/stream.mjs")),
    asset("page/summary.mjs", SCRIPT, include_str!("../console/summary.mjs")),
    asset("page/trace.mjs", SCRIPT, include_str!("../console/trace.mjs")),
    asset("page/traces.mjs", SCRIPT, include_str!("../console/traces.mjs")),
    asset("page/waterfall.mjs", SCRIPT, include_str!("../console/waterfall.mjs")),
    asset("shared/dom.mjs", SCRIPT, include_str!("../shared/dom.mjs")),
    asset("shared/format.mjs", SCRIPT, include_str!("../shared/format.mjs")),
    asset("shared/look.css", CSS, include_str!("../shared/look.css")),
    asset("shared/rows.mjs", SCRIPT, include_str!("../shared/rows.mjs")),
    asset("shared/scale.mjs", SCRIPT, include_str!("../shared/scale.mjs")),
    asset("shared/spark.mjs", SCRIPT, include_str!("../shared/spark.mjs")),
    asset("shared/theme.mjs", SCRIPT, include_str!("../shared/theme.mjs")),
];

/// The viewer of recordings: one file, which needs no other.
pub static VIEWER: &str = include_str!("../index.html");
