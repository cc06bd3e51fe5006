//! A check, and what it finds.

use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::DEFAULT_LIMIT;
use super::asked::Asked;

/// What a check finds.
///
/// ```
/// use spanwright::health::HealthStatus;
///
/// assert_eq!(HealthStatus::from(Err::<(), _>("no disk")), HealthStatus::unhealthy("no disk"));
/// assert_eq!(HealthStatus::from(Ok::<(), String>(())), HealthStatus::Healthy);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    /// All is well.
    Healthy,
    /// It works, and worse than it should, for this reason. The program stays ready.
    Degraded(String),
    /// It does not work, for this reason. The program is not ready.
    Unhealthy(String),
    /// It comes to its end by its own decision, and wants no more work. The program is not ready.
    ShuttingDown,
}

impl HealthStatus {
    /// It works, and worse than it should, for this reason.
    #[must_use]
    pub fn degraded(reason: impl Display) -> Self {
        Self::Degraded(reason.to_string())
    }

    /// It does not work, for this reason.
    #[must_use]
    pub fn unhealthy(reason: impl Display) -> Self {
        Self::Unhealthy(reason.to_string())
    }
}

/// An error is unhealthy, for the reason that it displays.
impl<E: Display> From<Result<(), E>> for HealthStatus {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Healthy,
            Err(error) => Self::unhealthy(error),
        }
    }
}

/// A part of a program that knows how it is. Added as a [`Check::of`] it.
///
/// The method is written as an `async fn`:
///
/// ```
/// use spanwright::health::{self, Check, HealthCheck, HealthStatus};
///
/// struct EventPipeline {
///     score: f64,
/// }
///
/// impl HealthCheck for EventPipeline {
///     async fn check(&self) -> HealthStatus {
///         if self.score < 0.5 {
///             HealthStatus::degraded(format!("the score is {}", self.score))
///         } else {
///             HealthStatus::Healthy
///         }
///     }
/// }
///
/// // As different as they are, all checks are of one type.
/// let checks: Vec<Check> = vec![
///     Check::of("event_pipeline", EventPipeline { score: 0.9 }),
///     Check::new("state_backend", || async { Ok::<(), String>(()) }),
/// ];
/// checks.into_iter().for_each(health::add);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no health check",
    note = "write `async fn check(&self) -> HealthStatus` in an `impl HealthCheck`, or use `Check::new` with a closure"
)]
pub trait HealthCheck: Send + Sync + 'static {
    /// How it is now. May panic, block its thread or never end: it is then unhealthy, and nothing else is harmed.
    fn check(&self) -> impl Future<Output = HealthStatus> + Send;
}

/// What many have is checked as what it is.
impl<T: HealthCheck + ?Sized> HealthCheck for Arc<T> {
    fn check(&self) -> impl Future<Output = HealthStatus> + Send {
        (**self).check()
    }
}

/// A health check: a name, and a question that is asked whenever `/health` or `/ready` is.
///
/// ```
/// use std::time::Duration;
/// use spanwright::health::Check;
///
/// let check = Check::new("disk", || async {
///     let free = 17_u32; // per cent
///     if free > 5 { Ok(()) } else { Err(format!("{free} % free")) }
/// })
/// .limit(Duration::from_millis(200));
/// assert_eq!(check.name(), "disk");
/// ```
#[derive(Clone)]
pub struct Check {
    pub(super) name: String,
    pub(super) asked: Asked<HealthStatus>,
}

impl Check {
    /// A check by the name `name`, which runs `check` and has [`DEFAULT_LIMIT`] for it. It returns a [`HealthStatus`], or a
    /// `Result` whose error is [unhealthy](HealthStatus::Unhealthy).
    ///
    /// What the error displays is shown to whoever asks for `/health?detail`: keep secrets out of it. The check runs on a
    /// thread of its own and may block it; nothing that it does is recorded as a span.
    pub fn new<F, Fut>(name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Into<HealthStatus>> + Send + 'static,
    {
        let run = move || {
            let running = check();
            Box::pin(async move { running.await.into() }) as _
        };
        Self { name: name.into(), asked: Asked::new(DEFAULT_LIMIT, run) }
    }

    /// The check of `part`, by the name `name`, with [`DEFAULT_LIMIT`] for it.
    pub fn of(name: impl Into<String>, part: impl HealthCheck) -> Self {
        let part = Arc::new(part);
        let run = move || {
            let part = Arc::clone(&part);
            Box::pin(async move { part.check().await }) as _
        };
        Self { name: name.into(), asked: Asked::new(DEFAULT_LIMIT, run) }
    }

    /// The time after which the check counts as failed.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.asked.limit = limit;
        self
    }

    /// The check's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = &self.asked.limit;
        f.debug_struct("Check").field("name", &self.name).field("limit", limit).finish_non_exhaustive()
    }
}
