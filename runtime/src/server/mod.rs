//! The admin server: `/metrics`, `/health`, `/ready` and `/live`, and pages about the program's inside: `/telemetry`, `/catalog`,
//! `/recorder`, `/config`, `/log-level` and `/components`.
//!
//! Invariants:
//! - it runs on a thread of its own, so that it answers while the program's runtime is busy or stuck; nothing that
//!   happens there is recorded;
//! - connections have a bound, and [each step of one](Limits) a time; where there are as many as there may be, who comes takes
//!   the place of the one that has been idle for the longest time, so that idle connections keep nobody out; where all are being
//!   answered, there are more for `/live` and `/ready`;
//! - who may see and change what is decided in one place, [`Access`];
//! - pages of metrics are written one at a time, beside that thread, so that `/live` answers while a large one is made; who waits
//!   shares the next with all others who do, and is answered within [a limit](metrics::LIMIT), whatever blocks;
//! - a stream ends with the server, has a place as any other answer, and is closed where its client takes nothing;
//! - the body of a request is read where it changes something, and nowhere else, and has a bound.

mod access;
mod connections;
#[cfg(feature = "console")]
mod console;
mod inside;
mod metrics;
mod progress;
mod routes;
mod socket;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use spanwright_core::process::ClosedInChildren;
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub(crate) use access::Access;
use connections::Connections;
use progress::Limits;
pub(crate) use socket::Socket;
use socket::SocketFile;

#[cfg(feature = "console")]
use crate::console::Console;
use crate::health::Health;
use crate::registry::Registry;

/// How long answers may still be written when the server stops.
const GRACE: Duration = Duration::from_secs(1);

/// What the routes read.
pub(crate) struct Admin {
    /// The checks.
    pub(crate) health: Arc<Health>,
    /// Registries in the order in which they win, where two have the same metric.
    pub(crate) registries: Vec<Registry>,
    /// Who may see and change what.
    pub(crate) access: Access,
    /// The live console, where there is one.
    #[cfg(feature = "console")]
    pub(crate) console: Option<Arc<Console>>,
}

/// A running server. It stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    socket_file: Option<SocketFile>,
    #[cfg(feature = "console")]
    console: Option<Arc<Console>>,
    thread: Option<JoinHandle<()>>,
}

/// What a server has bounds for, which tests choose.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    connections: Limits,
    /// How long a page of metrics may take.
    page: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: Limits::default(), page: metrics::LIMIT }
    }
}

impl Server {
    /// Listens on `address`, and on the Unix socket where there is one, and answers from a thread of its own.
    ///
    /// # Errors
    /// When the address is taken or not this machine's, or the thread can't be started.
    pub(crate) fn start(address: SocketAddr, socket: Option<Socket>, admin: Admin) -> io::Result<Self> {
        Self::start_with(address, socket, admin, Bounds::default())
    }

    fn start_with(
        address: SocketAddr,
        mut socket: Option<Socket>,
        admin: Admin,
        bounds: Bounds,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .thread_name("spanwright-check")
            .enable_all()
            .build()?;
        let (stop, stopped) = watch::channel(false);
        let socket_file = socket.as_mut().and_then(Socket::file);
        #[cfg(feature = "console")]
        let console = admin.console.clone();
        let router = routes::router(admin, bounds.page);
        let connections = Connections::new(bounds.connections);
        let thread = thread::Builder::new()
            .name("spanwright-admin".to_owned())
            .spawn(move || run(runtime, listener, socket, &connections, &router, &stopped))?;
        Ok(Self {
            address,
            stop,
            socket_file,
            #[cfg(feature = "console")]
            console,
            thread: Some(thread),
        })
    }

    /// Where it listens; the port that the system chose, where it was to choose.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends what is streamed, and what is recorded for that.
    #[cfg(feature = "console")]
    pub(crate) fn end_console(&self) {
        self.console.iter().for_each(|console| console.end());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.socket_file = None;
        #[cfg(feature = "console")]
        self.end_console();
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Waiting for itself would be for ever.
            if thread.thread().id() != thread::current().id() {
                // Nothing panics there, and if it did, there would be nothing more to stop.
                let _ = thread.join();
            }
        }
    }
}

/// The thread.
fn run(
    runtime: Runtime,
    listener: TcpListener,
    socket: Option<Socket>,
    connections: &Connections,
    router: &Router,
    stopped: &watch::Receiver<bool>,
) {
    let _suppressed = crate::span::suppress();
    runtime.block_on(async {
        let mut serving = tokio::task::JoinSet::new();
        if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
            let listener = ClosedInChildren::new(listener);
            serving.spawn(connections.clone().serve(listener, router.clone(), stopped.clone()));
        }
        #[cfg(unix)]
        if let Some(listener) = socket.and_then(Socket::listener) {
            let listener = ClosedInChildren::new(listener);
            serving.spawn(connections.clone().serve(listener, router.clone(), stopped.clone()));
        }
        #[cfg(not(unix))]
        drop(socket);
        let mut stopping = stopped.clone();
        // An error is that the sender is gone, which is the end too.
        let _ = stopping.wait_for(|stop| *stop).await;
        let _ = tokio::time::timeout(GRACE, serving.join_all()).await;
    });
    // A check that blocks its thread must not block the end of the program.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests;
