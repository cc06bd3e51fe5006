//! Questions to the user's code: on a thread of their own, with a limit, and never twice at a time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a question that doesn't watch its own limit (because it blocks its thread) gets beyond it.
const GRACE: Duration = Duration::from_millis(100);

type Run<T> = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = T> + Send>> + Send + Sync>;

/// A question that may panic, hang or block its thread.
pub(super) struct Asked<T> {
    pub(super) limit: Duration,
    run: Run<T>,
    /// Whether a run goes on. Publishes nothing else.
    busy: Arc<AtomicBool>,
}

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Self {
        Self { limit: self.limit, run: Arc::clone(&self.run), busy: Arc::clone(&self.busy) }
    }
}

impl<T> fmt::Debug for Asked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("the run before, which took too long, has not ended yet")]
    Busy,
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error("the check panicked")]
    Panicked,
}

impl<T: Send + 'static> Asked<T> {
    pub(super) fn new(
        limit: Duration,
        run: impl Fn() -> Pin<Box<dyn Future<Output = T> + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self { limit, run: Arc::new(run), busy: Arc::default() }
    }

    /// Asks on a thread of its own, at once. Must be called within a Tokio runtime.
    pub(super) fn start(&self) -> impl Future<Output = Result<T, NoAnswer>> + use<T> {
        let Self { limit, run, busy } = self.clone();
        let free = !busy.swap(true, Ordering::AcqRel);
        let task = free.then(|| {
            tokio::task::spawn_blocking(move || {
                let _ended = Ended(busy);
                let _suppressed = crate::span::suppress();
                tokio::runtime::Handle::current().block_on(async { tokio::time::timeout(limit, run()).await })
            })
        });
        async move {
            match task {
                None => Err(NoAnswer::Busy),
                Some(task) => match tokio::time::timeout(limit.saturating_add(GRACE), task).await {
                    Ok(Ok(Ok(answer))) => Ok(answer),
                    Ok(Ok(Err(_))) | Err(_) => Err(NoAnswer::Late(limit)),
                    Ok(Err(_)) => Err(NoAnswer::Panicked),
                },
            }
        }
    }
}

/// Notes the end of a run, be it by a panic.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
