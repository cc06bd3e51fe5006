//! Recording that is switched on and off while a program runs.
//!
//! ```text
//! cargo run --example telemetry_demo
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod tokio_telemetry;

use std::fs;
use std::io;

use spanwright::recorder::{SimpleBinaryWriter, TracedRuntime};
use spanwright_recording::{Reader, Summary};
use tokio::task::yield_now;

use tokio_telemetry::folder;

fn main() -> io::Result<()> {
    fs::create_dir_all(folder())?;
    let path = folder().join("telemetry_demo.bin");
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).enable_all();

    // `build_and_start` would record from here on.
    let (runtime, guard) = TracedRuntime::build(builder, SimpleBinaryWriter::new(&path)?)?;
    let telemetry = guard.handle();
    let say = |when: &str| println!("{when:<20}{:>8} events", telemetry.status().events);

    runtime.block_on(work());
    say("off at the start");
    guard.enable();
    runtime.block_on(work());
    telemetry.disable();
    say("on");
    runtime.block_on(work());
    say("off again");
    // Handles are cheap, and go anywhere.
    let of_a_task = telemetry.clone();
    runtime.block_on(async {
        let switches = spanwright::spawn(async move { of_a_task.enable() });
        let _ = switches.await;
        work().await;
    });

    drop(runtime);
    drop(guard); // Writes what there is.
    println!("\n{}", path.display());
    print!("{}", Summary::of(&mut Reader::open(&path)?, |_, _| {}));
    Ok(())
}

/// Eight tasks that take turns.
async fn work() {
    let mut tasks = spanwright::JoinSet::new();
    for _ in 0..8 {
        tasks.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}
