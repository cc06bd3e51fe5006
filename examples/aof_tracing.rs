//! An append-only log whose segments, flushes and followers can be watched, by any `tracing` subscriber and any metrics registry.
//!
//! ```text
//! cargo run --example aof_tracing              # until Ctrl-C
//! cargo run --example aof_tracing -- --once    # some seconds, then a summary
//! RUST_LOG=warn,bop_rs::aof2=trace cargo run --example aof_tracing
//! cargo run --example aof_tracing -- --once --fail-writes 3   # a disk that fails; `--help` has more faults
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

mod aof;

use std::error::Error;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::runtime::Runtime;
use tokio::sync::watch::Receiver;
use tokio::time::{interval, sleep};
use tracing::info;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use aof::{Aof, AofConfig, FaultyDisk, FlushMetricsExporter, TailState};

/// How many bytes a record has.
const RECORD: usize = 1024;

/// An append-only log that can be watched.
#[derive(Debug, Parser)]
struct Options {
    /// Where the log is; what is there from an earlier run is recovered. By default a folder of this run's own, below the
    /// temporary folder.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Ends by itself, with a summary.
    #[arg(long)]
    once: bool,
    /// How many records `--once` appends.
    #[arg(long, value_name = "N", default_value_t = 600)]
    records: u64,
    /// How long to wait between two records.
    #[arg(long, value_name = "MS", default_value_t = 2)]
    pause: u64,
    /// Each write to the disk takes so much longer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slow_disk: u64,
    /// So many writes to the disk fail, from the hundredth record on.
    #[arg(long, value_name = "N", default_value_t = 0)]
    fail_writes: u32,
    /// Dies after so many records, as if it were killed.
    #[arg(long, value_name = "N")]
    kill_after: Option<u64>,
}

#[spanwright::main(service_name = "aof", subscriber = false)]
fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().compact())
        .with(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,bop_rs::aof2=debug")))
        .with(spanwright::layer())
        .init();

    let own = std::env::temp_dir().join(format!("aof_tracing-{}", process::id()));
    let folder = options.dir.as_ref().unwrap_or(&own);
    println!("The log is in {}", folder.display());
    let disk = Arc::new(FaultyDisk::new(Duration::from_millis(options.slow_disk), 0));
    let cfg = AofConfig { disk: disk.clone(), ..AofConfig::new(folder) };

    let rt = Arc::new(Runtime::new()?);
    spanwright::watch_runtime(rt.handle(), "aof");
    let aof = Arc::new(Aof::new(rt.clone(), cfg)?);
    let first = aof.recovered();

    let (tail, mut follower) = (aof.tail(), aof.tail().follow());
    let followed = rt.spawn(async move {
        let mut segments = 0;
        while let Some(segment) = tail.next_sealed_segment(&mut follower).await {
            info!(segment = segment.id().as_u64(), "sealed segment ready");
            segments += 1;
        }
        segments
    });
    rt.spawn(watch_tail(aof.tail_events()));
    rt.spawn(export(FlushMetricsExporter::new(aof.flush_metrics())));

    let failed = rt.block_on(append(&aof, &disk, &options));
    let closed = rt.block_on(aof.close());
    let segments = rt.block_on(followed)?;
    FlushMetricsExporter::new(aof.flush_metrics())
        .emit(|sample| println!("{:<32}{:>10}", sample.name, sample.value));
    println!(
        "{first} records were recovered, {segments} sealed segments were followed, {failed} appends failed."
    );
    if options.dir.is_none() {
        // What is being archived is finished first: nothing comes into the folder while it goes.
        drop((aof, rt));
        std::fs::remove_dir_all(own)?;
    }
    Ok(closed?)
}

/// Appends numbered records until it has been enough, or somebody ends the program. How many failed.
async fn append(aof: &Aof, disk: &FaultyDisk, options: &Options) -> u64 {
    let shutdown = spanwright::shutdown_token();
    let mut failed = 0;
    for number in aof.recovered().. {
        let appended = number - aof.recovered();
        if shutdown.is_cancelled() || (options.once && appended == options.records) {
            break;
        }
        if options.kill_after == Some(appended) {
            process::abort();
        }
        if appended == 100 {
            disk.fail(options.fail_writes);
        }
        let mut record = format!("{number} ").into_bytes();
        record.resize(RECORD, b'.');
        if let Err(error) = aof.append(&record).await {
            tracing::warn!(%error, "append failed");
            failed += 1;
        }
        sleep(Duration::from_millis(options.pause)).await;
    }
    failed
}

/// Shows the flush scheduler's numbers as log records.
async fn export(exporter: FlushMetricsExporter) {
    let mut every = interval(Duration::from_millis(500));
    loop {
        every.tick().await;
        exporter.emit(|sample| info!(metric = sample.name, value = sample.value, "flush metric sample"));
    }
}

/// Keeps the gauge of segments that the disk has not caught up with.
async fn watch_tail(mut rx: Receiver<TailState>) {
    rx.borrow_and_update(); // initial state
    while rx.changed().await.is_ok() {
        let state = rx.borrow().clone();
        metrics::gauge!("aof_tail_pending_segments").set(state.pending.len() as f64);
    }
}
