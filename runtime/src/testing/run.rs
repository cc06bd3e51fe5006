//! What `#[spanwright::test]` expands to a call of.

use std::future::Future;

use spanwright_core::context::Context;

use super::Captured;
use super::captured::Capturing;

/// What the attribute says.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestOptions {
    /// The number of worker threads; none for a runtime on the test's own thread.
    pub worker_threads: Option<usize>,
}

/// Runs a test with telemetry of its own.
///
/// # Panics
/// Where the process has a telemetry that is not the tests', and as the test does.
pub fn test_sync<R>(body: impl FnOnce(Captured) -> R) -> R {
    let capturing = Capturing::start();
    body(capturing.captured())
}

/// Runs a test with telemetry of its own on a Tokio runtime of its own.
///
/// # Panics
/// Where the process has a telemetry that is not the tests', where the runtime can't be started, and as the test does.
pub fn test_async<R, F: Future<Output = R>>(options: TestOptions, body: impl FnOnce(Captured) -> F) -> R {
    use tokio::runtime::Builder;
    let capturing = Capturing::start();
    let context = Context::current();
    let mut builder = match options.worker_threads {
        None => Builder::new_current_thread(),
        Some(threads) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads.max(1));
            builder
        }
    };
    // What is spawned in the test is part of it.
    builder.on_thread_start(move || {
        let _nothing_before = context.swap();
    });
    let runtime = builder.enable_all().build().unwrap_or_else(|error| {
        panic!("the test's Tokio runtime can't be started: {error}");
    });
    runtime.block_on(body(capturing.captured()))
}
