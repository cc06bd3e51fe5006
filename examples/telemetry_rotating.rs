//! A recording all the time, within a budget on the disk: files rotate, and the oldest go.
//!
//! ```text
//! cargo run --example telemetry_rotating             # until Ctrl-C
//! cargo run --example telemetry_rotating -- --once   # three seconds, then a summary
//! cargo run --example analyze_trace -- /tmp/my_traces/trace.0.bin
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod tokio_telemetry;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use spanwright::instrument;
use spanwright::recorder::{RotatingWriter, TracedRuntime};
use spanwright_recording::numbered_files;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

/// Records itself into files that rotate.
#[derive(Debug, Parser)]
struct Options {
    /// What the files are called: `trace.bin` becomes `trace.0.bin` and so on.
    #[arg(long, value_name = "FILE", default_value_os_t = tokio_telemetry::folder().join("trace.bin"))]
    files: PathBuf,
    /// Ends by itself, with a summary.
    #[arg(long)]
    once: bool,
    /// After how many seconds.
    #[arg(long, value_name = "N", default_value_t = 3)]
    seconds: u64,
}

#[spanwright::main(service_name = "rotating")]
fn main() -> io::Result<()> {
    let options = Options::parse();
    let writer = RotatingWriter::new(
        &options.files,
        1024 * 1024,     // rotate after 1 MiB per file
        5 * 1024 * 1024, // keep at most 5 MiB on disk
    )?;

    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).enable_all();

    // build_and_start() enables telemetry immediately
    // use build() to start disabled, then call guard.enable() later
    let (runtime, guard) = TracedRuntime::build_and_start(builder, Box::new(writer))?;
    let telemetry = guard.handle();

    runtime.block_on(async {
        for client in 0..16 {
            spanwright::spawn(requests(client));
        }
        let shutdown = spanwright::shutdown_token();
        if options.once {
            let _ = timeout(Duration::from_secs(options.seconds), shutdown.cancelled()).await;
        } else {
            println!("Recording into {}; Ctrl-C ends it.", options.files.display());
            shutdown.cancelled().await;
        }
    });

    // Dropping `runtime` then `guard` performs a final flush.
    drop(runtime);
    drop(guard);
    let status = telemetry.status();
    println!("{} events, {} lost, {} bytes", status.events, status.lost, status.bytes_written);
    for (_, path, length) in numbered_files(&options.files)? {
        println!("{} {length:>10} bytes", path.display());
    }
    Ok(())
}

/// A client that never ends.
async fn requests(client: u64) {
    for number in 0.. {
        request(number).await;
        sleep(Duration::from_millis(client % 4)).await;
    }
}

#[instrument(record(number))]
async fn request(number: u64) {
    for _ in 0..number % 64 {
        yield_now().await;
    }
}
