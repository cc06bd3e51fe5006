//! A task that waits for a while and then completes: the recording says where it had waited, and that it ended well.
//!
//! ```text
//! cargo run --example completing_task
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod tokio_telemetry;

use std::io;
use std::thread;
use std::time::Duration;

use spanwright::instrument;
use tokio::sync::oneshot::{Receiver, channel};
use tokio::time::sleep;

use tokio_telemetry::{LongPolls, recorded};

fn main() -> io::Result<()> {
    let (runtime, guard, path) = recorded("completing_task")?;
    let recorder = guard.handle();
    runtime.block_on(async {
        let (answer, question) = channel();
        let task = spanwright::spawn(completes(question));
        sleep(Duration::from_millis(100)).await;
        recorder.dump_tasks();
        sleep(Duration::from_millis(50)).await;
        answer.send(42).expect("somebody waits");
        assert_eq!(task.await.ok(), Some(42));
    });
    drop(runtime);
    drop(guard);
    print!("{}", LongPolls::read(&path)?);
    Ok(())
}

#[instrument]
async fn completes(question: Receiver<u32>) -> u32 {
    let answer = question.await.unwrap_or_default();
    thread::sleep(Duration::from_millis(100));
    answer
}
