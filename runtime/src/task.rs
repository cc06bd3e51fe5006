//! What runs elsewhere takes its span along, by name: nothing inherits silently.
//!
//! | For | Write |
//! | --- | --- |
//! | a Tokio task | [`spawn`], or `tokio::spawn(future.in_current_context())` |
//! | several of them | [`JoinSet`] |
//! | blocking work of Tokio's | [`spawn_blocking`] |
//! | a thread | [`spawn_thread`] |
//! | a pool of threads, a channel | [`Context::current`] there, [`Context::attach`] here |
//!
//! The span need not be open any more when what was spawned runs: spans of it still nest in its trace.

#[cfg(feature = "telemetry")]
mod join_set;
#[cfg(feature = "telemetry")]
mod seen;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;
use spanwright_core::carried::Held;

use crate::Context;
#[cfg(feature = "telemetry")]
pub use join_set::JoinSet;

/// Runs futures in a context of one's choice.
///
/// ```
/// # #[cfg(feature = "telemetry")] {
/// use spanwright::{InContext, instrument};
///
/// #[instrument]
/// async fn serve() {
///     // The task's spans are children of `serve`'s.
///     let task = tokio::spawn(work().in_current_context());
///     # task.await.unwrap();
/// }
///
/// #[instrument]
/// async fn work() {}
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(serve());
/// # }
/// ```
pub trait InContext: Future + Sized {
    /// Makes `context` the current one at each poll.
    fn in_context(self, context: Context) -> FutureInContext<Self> {
        FutureInContext { future: self, context: keep(context) }
    }

    /// Makes what is the current context now the current one at each poll.
    fn in_current_context(self) -> FutureInContext<Self> {
        self.in_context(Context::current())
    }
}

impl<F: Future> InContext for F {}

#[cfg(feature = "telemetry")]
type Kept = (Context, Held);
#[cfg(not(feature = "telemetry"))]
type Kept = ();

#[cfg(feature = "telemetry")]
fn keep(context: Context) -> Kept {
    (context, Held::new(context.baggage))
}

#[cfg(not(feature = "telemetry"))]
fn keep(_: Context) -> Kept {}

pin_project! {
    /// A future in a context. Made by [`InContext`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct FutureInContext<F> {
        #[pin]
        future: F,
        context: Kept,
    }
}

impl<F: Future> Future for FutureInContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        #[cfg(feature = "telemetry")]
        if !this.context.0.is_here() {
            let _attached = this.context.0.attach();
            return this.future.poll(task);
        }
        // It is current already, as where there is no span: there would be nothing to restore.
        this.future.poll(task)
    }
}

/// [`tokio::spawn`], in the current context. A recorder sees the task's polls, wake-ups and end.
///
/// # Panics
/// Outside of a Tokio runtime.
#[cfg(feature = "telemetry")]
#[track_caller]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let task = tokio::spawn(seen::followed(future.in_current_context()));
    seen::spawned::<F>(task.id(), seen::Spawn::Async);
    task
}

/// [`tokio::task::spawn_blocking`], in the current context. A recorder sees how long it waited and ran.
///
/// # Panics
/// Outside of a Tokio runtime.
#[cfg(feature = "telemetry")]
#[track_caller]
pub fn spawn_blocking<F, R>(work: F) -> tokio::task::JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let task = tokio::task::spawn_blocking(blocking(work));
    seen::spawned::<F>(task.id(), seen::Spawn::Blocking);
    task
}

/// Blocking work in the current context.
#[cfg(feature = "telemetry")]
fn blocking<F: FnOnce() -> R, R>(work: F) -> impl FnOnce() -> R {
    let context = Context::current();
    let held = Held::new(context.baggage);
    seen::run(move || {
        let _held = held;
        let _attached = context.attach();
        work()
    })
}

/// [`std::thread::spawn`], in the current context.
///
/// # Panics
/// Where the system can't start a thread.
///
/// ```
/// # #[spanwright::instrument]
/// # fn work() {}
/// let thread = spanwright::spawn_thread(work);
/// thread.join().unwrap();
/// ```
pub fn spawn_thread<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> std::thread::JoinHandle<R> {
    let context = Context::current();
    let held = Held::new(context.baggage);
    std::thread::spawn(move || {
        let _held = held;
        let _attached = context.attach();
        work()
    })
}
