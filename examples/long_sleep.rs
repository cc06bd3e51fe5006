//! A task that sleeps without an `await`, so that its worker does nothing else: the recording says which, and where it was made.
//!
//! ```text
//! cargo run --example long_sleep
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod tokio_telemetry;

use std::io;
use std::thread;
use std::time::Duration;

use tokio::time::sleep;

use tokio_telemetry::{LongPolls, recorded};

fn main() -> io::Result<()> {
    let (runtime, guard, path) = recorded("long_sleep")?;
    runtime.block_on(async {
        let long = spanwright::spawn(sleeps_in_its_poll());
        let good = spanwright::spawn(sleeps_as_it_should());
        let _ = tokio::join!(long, good);
    });
    drop(runtime);
    drop(guard);
    print!("{}", LongPolls::read(&path)?);
    Ok(())
}

async fn sleeps_in_its_poll() {
    sleep(Duration::from_millis(20)).await;
    thread::sleep(Duration::from_millis(300));
    sleep(Duration::from_millis(20)).await;
}

async fn sleeps_as_it_should() {
    for _ in 0..30 {
        sleep(Duration::from_millis(10)).await;
    }
}
