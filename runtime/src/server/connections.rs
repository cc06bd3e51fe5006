//! Connections with bounds: how many there are, how large a request's head is, and how long each step may take.
//!
//! Where all places are taken by connections that are being answered, there are a few more, on which probes alone are answered, so that
//! no crowd before `/metrics` has the program taken for dead.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use spanwright_core::process::ClosedInChildren;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::progress::{Limits, Progress};
use super::routes::{PROBES, answer};

/// The longest head of a request, in bytes.
const HEAD: usize = 16 << 10;
/// How long it takes at most until a new connection looks again for one to take the place of.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How often a request on a connection for probes does.
const LOOKS: u32 = 3;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Somebody who may use the Unix socket.
    Socket,
    /// Somebody at this address.
    Address(SocketAddr),
}

/// What connections come from.
pub(super) trait Accept: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Accept for ClosedInChildren<TcpListener> {
    type Stream = tokio::net::TcpStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, address) = TcpListener::accept(self).await?;
        Ok((stream, Peer::Address(address)))
    }
}

#[cfg(unix)]
impl Accept for ClosedInChildren<UnixListener> {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, _) = UnixListener::accept(self).await?;
        Ok((stream, Peer::Socket))
    }
}

/// The connections there are, of all listeners together.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    limits: Limits,
    free: Arc<Semaphore>,
    /// Places for probes.
    probes: Arc<Semaphore>,
    open: Arc<Mutex<BTreeMap<u64, Arc<Progress>>>>,
}

/// A connection's place. It is free again when dropped.
struct Place {
    number: u64,
    connections: Connections,
    progress: Arc<Progress>,
    /// Whether it is one for probes.
    for_probes: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        let places = |number| Arc::new(Semaphore::new(number));
        let (free, probes) = (places(limits.connections), places(limits.probes));
        Self { limits, free, probes, open: Arc::default() }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Progress>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection: a free one, or that of the connection which has been idle for the longest time, or one for
    /// probes.
    async fn place(&self) -> Place {
        let (permit, for_probes) = loop {
            let (free, probes) = (Arc::clone(&self.free), Arc::clone(&self.probes));
            if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
                break (Some(permit), false);
            }
            let all_answer = !self.close_one();
            if let (true, Ok(permit)) = (all_answer, Arc::clone(&probes).try_acquire_owned()) {
                break (Some(permit), true);
            }
            // The semaphores are never closed; without a permit the connection would only go uncounted.
            tokio::select! {
                permit = free.acquire_owned() => break (permit.ok(), false),
                permit = probes.acquire_owned(), if all_answer => break (permit.ok(), true),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        };
        let progress = Arc::new(Progress::new(self.limits));
        let mut open = self.open();
        let number = open.last_key_value().map_or(0, |(last, _)| last + 1);
        open.insert(number, Arc::clone(&progress));
        Place { number, connections: self.clone(), progress, for_probes, _permit: permit }
    }

    /// A place that is not for probes, for one request; nothing where none becomes free soon.
    async fn other_place(&self) -> Option<OwnedSemaphorePermit> {
        for _ in 0..LOOKS {
            let free = Arc::clone(&self.free);
            if free.available_permits() == 0 {
                self.close_one();
            }
            if let Ok(permit) = tokio::time::timeout(LOOK_AGAIN, free.acquire_owned()).await {
                return permit.ok();
            }
        }
        None
    }

    /// Closes the connection that has been idle for the longest time; whether there is one.
    fn close_one(&self) -> bool {
        let open = self.open();
        let idle = open.values().filter_map(|progress| Some((progress.idle_since()?, progress)));
        let longest = idle.min_by_key(|(since, _)| *since);
        longest.inspect(|(_, progress)| progress.close()).is_some()
    }

    /// Answers what comes from `listener` until it is to stop, and then finishes what it has begun.
    pub(super) async fn serve<L: Accept>(self, listener: L, router: Router, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = listener.accept() => accepted,
            };
            while running.try_join_next().is_some() {}
            let Ok((stream, peer)) = accepted else {
                // No file descriptors, say: others will be closed.
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            let place = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                place = self.place() => place,
            };
            running.spawn(one(stream, peer, place, router.clone(), stop.clone()));
        }
        drop(listener);
        while running.join_next().await.is_some() {}
    }
}

/// One connection, until it ends by itself, takes too long, or all are to stop.
async fn one(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    place: Place,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let progress = Arc::clone(&place.progress);
    let router = TowerToHyperService::new(router);
    let service = Watched {
        router,
        peer,
        progress: Arc::clone(&progress),
        others: place.for_probes.then(|| place.connections.clone()),
    };
    let stream = TokioIo::new(Moving { stream, progress: Arc::clone(&progress) });
    let mut http = http1::Builder::new();
    // The time is watched here, for idle connections and slow ones apart.
    http.header_read_timeout(None).max_buf_size(HEAD);
    let mut connection = std::pin::pin!(http.serve_connection(stream, service));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = progress.ends() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = progress.ends() => {}
    }
}

/// The routes, which say when they are asked and have answered.
struct Watched {
    router: TowerToHyperService<Router>,
    peer: Peer,
    progress: Arc<Progress>,
    /// Where requests that are no probes get a place from, where the connection has one for probes.
    others: Option<Connections>,
}

impl Service<hyper::Request<hyper::body::Incoming>> for Watched {
    type Response = Response;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        // Whoever sends a body may take as long with it as with the head, and no longer than others leave them room.
        if request.body().is_end_stream() {
            self.progress.is_asked();
        }
        request.extensions_mut().insert(self.peer);
        let others = self.others.clone().filter(|_| !PROBES.contains(&request.uri().path()));
        #[cfg(feature = "console")]
        let is_stream = request.uri().path() == super::console::STREAM;
        #[cfg(not(feature = "console"))]
        let is_stream = false;
        let (progress, answer) = (Arc::clone(&self.progress), self.router.call(request));
        Box::pin(async move {
            let answer = match others {
                None => answer.await,
                // Such a stream would keep a place from probes for as long as somebody looks.
                Some(_) if is_stream => Ok(too_many()),
                Some(others) => match others.other_place().await {
                    Some(_place) => answer.await,
                    None => Ok(too_many()),
                },
            };
            #[cfg(feature = "console")]
            if answer.as_ref().is_ok_and(super::console::has_no_end) {
                progress.is_streaming();
                return answer;
            }
            progress.is_answered();
            answer
        })
    }
}

/// What is said to who finds all places taken.
fn too_many() -> Response {
    let headers = [(header::RETRY_AFTER, "1"), (header::CONNECTION, "close")];
    let error =
        "too many ask at once: all connections but those for probes are being answered; ask again later";
    (headers, answer(StatusCode::SERVICE_UNAVAILABLE, &serde_json::json!({ "error": error }))).into_response()
}

/// A stream that says when it moves bytes.
struct Moving<S> {
    stream: S,
    progress: Arc<Progress>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if result.is_ready() && buffer.filled().len() > before {
            self.progress.has_read();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        if result.is_ready() {
            self.progress.has_written();
        }
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        if result.is_ready() {
            self.progress.has_written();
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        if result.is_ready() {
            self.progress.has_flushed();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
