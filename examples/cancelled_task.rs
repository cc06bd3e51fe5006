//! A task that is cancelled where it waits: the recording says that it was, after which long poll, and where it had waited.
//!
//! ```text
//! cargo run --example cancelled_task
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod tokio_telemetry;

use std::future::pending;
use std::io;
use std::thread;
use std::time::Duration;

use spanwright::instrument;
use tokio::time::sleep;

use tokio_telemetry::{LongPolls, recorded};

fn main() -> io::Result<()> {
    let (runtime, guard, path) = recorded("cancelled_task")?;
    let recorder = guard.handle();
    runtime.block_on(async {
        let task = spanwright::spawn(is_given_up());
        sleep(Duration::from_millis(200)).await;
        recorder.dump_tasks();
        sleep(Duration::from_millis(50)).await;
        task.abort();
        assert!(task.await.is_err_and(|error| error.is_cancelled()), "it waits for ever");
    });
    drop(runtime);
    drop(guard);
    print!("{}", LongPolls::read(&path)?);
    Ok(())
}

#[instrument]
async fn is_given_up() {
    thread::sleep(Duration::from_millis(100));
    never_answers().await;
}

#[instrument]
async fn never_answers() {
    pending::<()>().await;
}
