//! Tokio's set of tasks, in the context of who adds them.

use std::future::Future;
use std::ops::{Deref, DerefMut};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, LocalSet};

use super::{InContext, blocking, seen};

/// [`tokio::task::JoinSet`], whose tasks run in the context that is current where they are spawned; a recorder sees their polls,
/// wake-ups and ends. All else is that set's.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut set = spanwright::JoinSet::new();
/// for number in 0..3 {
///     set.spawn(async move { number * 2 });
/// }
/// let mut doubled = set.join_all().await;
/// doubled.sort();
/// assert_eq!(doubled, [0, 2, 4]);
/// # });
/// ```
#[derive(Debug)]
pub struct JoinSet<T>(tokio::task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// No tasks.
    #[must_use]
    pub fn new() -> Self {
        Self(tokio::task::JoinSet::new())
    }
}

impl<T: 'static> JoinSet<T> {
    /// [`tokio::task::JoinSet::spawn`], in the current context.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let task = self.0.spawn(seen::followed(task.in_current_context()));
        seen::spawned::<F>(task.id(), seen::Spawn::Async);
        task
    }

    /// [`tokio::task::JoinSet::spawn_on`], in the current context.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let task = self.0.spawn_on(seen::followed(task.in_current_context()), handle);
        seen::spawned::<F>(task.id(), seen::Spawn::Async);
        task
    }

    /// [`tokio::task::JoinSet::spawn_local`], in the current context.
    ///
    /// # Panics
    /// Outside of a [`LocalSet`].
    #[track_caller]
    pub fn spawn_local<F: Future<Output = T> + 'static>(&mut self, task: F) -> AbortHandle {
        let task = self.0.spawn_local(seen::followed(task.in_current_context()));
        seen::spawned::<F>(task.id(), seen::Spawn::Local);
        task
    }

    /// [`tokio::task::JoinSet::spawn_local_on`], in the current context.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let task = self.0.spawn_local_on(seen::followed(task.in_current_context()), local_set);
        seen::spawned::<F>(task.id(), seen::Spawn::Local);
        task
    }

    /// [`tokio::task::JoinSet::spawn_blocking`], in the current context.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, work: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let task = self.0.spawn_blocking(blocking(work));
        seen::spawned::<F>(task.id(), seen::Spawn::Blocking);
        task
    }

    /// All results, once all tasks have ended.
    ///
    /// # Panics
    /// Where a task has panicked.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<JoinSet<T>> for tokio::task::JoinSet<T> {
    fn from(set: JoinSet<T>) -> Self {
        set.0
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
