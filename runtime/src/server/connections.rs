//! Connections with bounds: how many there are, how large a request's head is, and how long each step may take.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
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

/// The longest head of a request, in bytes.
const HEAD: usize = 16 << 10;
/// How long it takes at most until a new connection looks again for one to take the place of.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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
    open: Arc<Mutex<BTreeMap<u64, Arc<Progress>>>>,
}

/// A connection's place. It is free again when dropped.
struct Place {
    number: u64,
    connections: Connections,
    progress: Arc<Progress>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, free: Arc::new(Semaphore::new(limits.connections)), open: Arc::default() }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Progress>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection: a free one, or that of the connection which has been idle for the longest time.
    async fn place(&self) -> Place {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                break Some(permit);
            }
            self.close_one();
            let freed = tokio::time::timeout(LOOK_AGAIN, Arc::clone(&self.free).acquire_owned());
            if let Ok(permit) = freed.await {
                // The semaphore is never closed; without a permit the connection would only go uncounted.
                break permit.ok();
            }
        };
        let progress = Arc::new(Progress::new(self.limits));
        let mut open = self.open();
        let number = open.last_key_value().map_or(0, |(last, _)| last + 1);
        open.insert(number, Arc::clone(&progress));
        Place { number, connections: self.clone(), progress, _permit: permit }
    }

    fn close_one(&self) {
        let open = self.open();
        let idle = open.values().filter_map(|progress| Some((progress.idle_since()?, progress)));
        if let Some((_, progress)) = idle.min_by_key(|(since, _)| *since) {
            progress.close();
        }
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
    let service = Watched { router: TowerToHyperService::new(router), peer, progress: Arc::clone(&progress) };
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
}

impl Service<hyper::Request<hyper::body::Incoming>> for Watched {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        // Whoever sends a body may take as long with it as with the head, and no longer than others leave them room.
        if request.body().is_end_stream() {
            self.progress.is_asked();
        }
        request.extensions_mut().insert(self.peer);
        let (progress, answer) = (Arc::clone(&self.progress), self.router.call(request));
        Box::pin(async move {
            let answer = answer.await;
            progress.is_answered();
            answer
        })
    }
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
