//! The admin server: `/metrics`, `/health`, `/ready` and `/live`.
//!
//! Invariants:
//! - it runs on a thread of its own, so that it answers while the program's runtime is busy or stuck; nothing that
//!   happens there is recorded;
//! - connections have a bound, and none is kept that moves no bytes;
//! - pages of metrics are written one at a time, beside that thread, so that `/live` answers while a large one is made, and each
//!   request for one is answered within [a limit](metrics::LIMIT), whatever blocks;
//! - request bodies are never read.

mod connections;
mod metrics;
mod routes;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::health::Health;
use crate::registry::Registry;
use connections::Bounded;

/// How long answers may still be written when the server stops.
const GRACE: Duration = Duration::from_secs(1);

/// What the routes read.
#[derive(Debug)]
pub(crate) struct Admin {
    /// The checks.
    pub(crate) health: Arc<Health>,
    /// Registries in the order in which they win, where two have the same metric.
    pub(crate) registries: Vec<Registry>,
}

/// A running server. It stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on `address` and answers from a thread of its own.
    ///
    /// # Errors
    /// When the address is taken or not this machine's, or the thread can't be started.
    pub(crate) fn start(address: SocketAddr, admin: Admin) -> io::Result<Self> {
        Self::start_with(address, admin, metrics::LIMIT)
    }

    /// The same with another limit for a page of metrics.
    fn start_with(address: SocketAddr, admin: Admin, limit: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .thread_name("spanwright-check")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("spanwright-admin".to_owned())
            .spawn(move || run(runtime, listener, routes::router(admin, limit), stopped))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens; the port that the system chose, where it was to choose.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop.take();
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
fn run(runtime: Runtime, listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let _suppressed = crate::span::suppress();
    runtime.block_on(async {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        let (begin_stop, mut stopping) = tokio::sync::watch::channel(false);
        let graceful = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let serve = axum::serve(Bounded::new(listener), router).with_graceful_shutdown(graceful);
        let mut serve = std::pin::pin!(serve.into_future());
        tokio::select! {
            _ = &mut serve => return,
            _ = stopped => {}
        }
        begin_stop.send_replace(true);
        let _ = tokio::time::timeout(GRACE, serve).await;
    });
    // A check that blocks its thread must not block the end of the program.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests;
