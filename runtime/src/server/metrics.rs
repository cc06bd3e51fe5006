//! `/metrics`: the page in the format that is asked for, compressed where that is.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::Mutex;

use crate::export::exposition::{Format, encode};
use crate::own_metrics::ScrapeMetrics;
use crate::registry::{Family, Kind, LabelSet, Registry, Snapshot, Value, merged};
use crate::telemetry;

/// How long a page may take, with the wait for those before it. Scrapers of Prometheus give up after 10 s where they are not
/// told otherwise, and should get to see why there is none.
pub(super) const LIMIT: Duration = Duration::from_secs(8);

/// Below so many bytes a page fits into a packet as it is.
const SMALL: usize = 1400;

/// Writes pages; clones write one at a time, which all get who wait for such a one by then, so that many scrapers cost no more memory
/// than one, and a callback that blocks no more than one thread.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    registries: Arc<[Registry]>,
    /// The page of the last turn, while others wait who may get it too.
    turn: Arc<Mutex<Option<Made>>>,
    /// Requests so far. Publishes nothing.
    asked: Arc<AtomicU64>,
    /// Requests that have no page yet. Publishes nothing.
    waiting: Arc<AtomicUsize>,
    limit: Duration,
}

/// How a page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    format: Format,
    may_compress: bool,
}

/// A page.
#[derive(Clone, Debug)]
struct Made {
    wanted: Wanted,
    /// How many requests there had been when it was begun: it is none too old for them.
    asked: u64,
    is_compressed: bool,
    bytes: Bytes,
}

/// A request that waits, until it is dropped.
struct Waiting<'p>(&'p AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPage {
    #[error(
        "`/metrics` was not ready within {0:?}: a callback or a source of metrics blocks, or takes too long; \
         let it return what is known, and find out elsewhere what takes time"
    )]
    Late(Duration),
    #[error("`/metrics` could not be written")]
    Failed,
}

impl Pages {
    pub(super) fn of(registries: Vec<Registry>, limit: Duration) -> Self {
        let (turn, asked, waiting) = Default::default();
        Self { registries: registries.into(), turn, asked, waiting, limit }
    }

    /// The answer to a request with these headers.
    ///
    /// # Errors
    /// When the page could not be written, or not in time. Whatever blocks goes on, and so does the wait of later requests.
    pub(super) async fn answer(&self, headers: &HeaderMap) -> Result<Response, NoPage> {
        let page = tokio::time::timeout(self.limit, self.write(headers)).await;
        page.unwrap_or(Err(NoPage::Late(self.limit)))
    }

    async fn write(&self, headers: &HeaderMap) -> Result<Response, NoPage> {
        let format = Format::negotiate(joined(headers, header::ACCEPT).as_deref());
        let may_compress = joined(headers, header::ACCEPT_ENCODING).is_some_and(|accept| takes_gzip(&accept));
        let page = self.page(Wanted { format, may_compress }).await?;
        let headers =
            [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "accept, accept-encoding")];
        let encoding = page.is_compressed.then_some([(header::CONTENT_ENCODING, "gzip")]);
        Ok((headers, encoding.map(axum::response::AppendHeaders), page.bytes).into_response())
    }

    /// A page that is begun after this is called.
    async fn page(&self, wanted: Wanted) -> Result<Made, NoPage> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        let mut turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(made) = turn.as_ref().filter(|made| made.wanted == wanted && made.asked > number) {
            let made = made.clone();
            if self.waiting.load(Ordering::Relaxed) == 1 {
                *turn = None;
            }
            return Ok(made);
        }
        let (registries, asked) = (Arc::clone(&self.registries), self.asked.load(Ordering::Relaxed));
        let waiting = Arc::clone(&self.waiting);
        let write = move || {
            // The turn ends with the page, even where nobody waits for it any more.
            let made = Made::now(wanted, asked, &registries);
            *turn = (waiting.load(Ordering::Relaxed) > 1).then(|| made.clone());
            made
        };
        tokio::task::spawn_blocking(write).await.map_err(|_| NoPage::Failed)
    }
}

impl Made {
    fn now(wanted: Wanted, asked: u64, registries: &[Registry]) -> Self {
        let _suppressed = crate::span::suppress();
        let scrape = ScrapeMetrics::global();
        let _timer = scrape.duration_seconds.start_timer();
        let page = encode(wanted.format, &scrape.noted(snapshot(registries)));
        let compressed = (wanted.may_compress && page.len() >= SMALL).then(|| compressed(&page)).flatten();
        let is_compressed = compressed.is_some();
        Self { wanted, asked, is_compressed, bytes: compressed.unwrap_or(page).into() }
    }
}

/// What the page shows: where all telemetry is switched off, that it is.
fn snapshot(registries: &[Registry]) -> Snapshot {
    if telemetry::is_enabled() {
        return merged(registries.iter().map(Registry::snapshot));
    }
    let help = "Whether the telemetry is switched on.";
    let off = Family { help: help.into(), ..Family::new("spanwright_enabled", Kind::Gauge) };
    Snapshot { families: vec![off.with(LabelSet::default(), Value::Gauge(0.0))], time: SystemTime::now() }
}

/// The values of a header that may stand several times.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Whether gzip is wanted, and no less than the page as it is: RFC 9110, 12.5.3.
fn takes_gzip(accept_encoding: &str) -> bool {
    let quality = |names: &[&str]| {
        let is_named = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name.trim()));
        let mut elements =
            accept_encoding.split(',').map(|element| element.split_once(';').unwrap_or((element, "")));
        elements.find(|(name, _)| is_named(name)).map(|(_, weight)| read_quality(weight))
    };
    let gzip = quality(&["gzip", "x-gzip"]).or_else(|| quality(&["*"])).unwrap_or(0.0);
    gzip > 0.0 && quality(&["identity"]).is_none_or(|identity| gzip >= identity)
}

/// Input: `q=0.5`, or nothing; what can't be read is no wish.
fn read_quality(weight: &str) -> f32 {
    match weight.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("q") => value.trim().parse().unwrap_or(0.0),
        _ => 1.0,
    }
}

/// The quickest compression, which makes a tenth of most pages. Nothing where it fails, which in memory it does not.
fn compressed(page: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 8), Compression::fast());
    encoder.write_all(page).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_want_it_no_less_than_plain_text() {
        for (accept, takes) in [
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("deflate, gzip;q=0.5, br", true),
            ("gzip;q=0.001", true),
            ("gzip ; Q = 0.5", true),
            ("*", true),
            ("identity;q=0.5, *;q=0.6", true),
            ("identity, gzip", true),
            ("", false),
            ("identity", false),
            ("br, deflate", false),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*;q=0", false),
            ("gzip;q=much", false),
            ("gzip;q=0.5, identity", false),
        ] {
            assert_eq!(takes_gzip(accept), takes, "{accept}");
        }
    }
}
