//! A small stream processor: queries, which are like SQL, over streams of trades, on two nodes.
//!
//! What is worth a look is in `core/`, the library: its spans come from annotations, its metrics from derives and the same
//! annotations. Here is what a program that uses it does.
//!
//! ```text
//! cargo run --example eventflux            # then open what it prints
//! cargo run --example eventflux -- --once  # ends by itself, with a summary
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stderr, reason = "a program talks to whoever started it")]

mod options;

use std::error::Error;
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use eventflux::demo::{Demo, RECEIVER};
use eventflux::{
    Config, EventFlux, Executed, HealthMonitor, MetricsCollector, Name, gather_metrics, observability,
};
use tokio::time::{Instant, sleep};

use options::Options;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eventflux: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut config = options.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    config.service.environment = options.environment.unwrap_or(config.service.environment);
    if options.catalog {
        say(&spanwright::catalog().to_json());
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _entered = runtime.enter();
    let telemetry = observability(&config).handle_signals().install()?;
    let done = runtime.block_on(serve(options, &config));
    // Tasks that still run have nothing to say any more.
    runtime.shutdown_timeout(Duration::from_secs(1));
    telemetry.shutdown();
    done
}

/// Runs until it is done or told to end.
async fn serve(options: &Options, config: &Config) -> Result<(), Box<dyn Error>> {
    // `/ready` says no until the queries run.
    let starting = spanwright::health::not_ready("the queries are being started");
    let shutdown = spanwright::shutdown_token();
    let engine = EventFlux::new(config.engine.settings());
    match options.sql.as_ref().or(config.engine.sql.as_ref()) {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("`{}` can't be read: {error}", path.display()))?;
            let loaded = engine.load(&text).await;
            loaded.map_err(|error| format!("`{}`: {error}", path.display()))?;
        }
        None => load_demo(&engine, options).await?,
    }
    HealthMonitor::of(&engine).serve(&engine);
    let collector = MetricsCollector::new(&engine);
    engine.start();
    drop(starting);
    say(&welcome(&engine));

    tokio::select! {
        () = collector.run() => {}
        () = shutdown.cancelled() => {}
        () = finished(&engine), if options.once => {}
    }
    // After a signal the telemetry has waited already, for whoever sends us something to notice.
    let done = engine.shutdown(Duration::ZERO).await;
    collector.collect();
    if options.gather {
        say(&gather_metrics());
    }
    say(&summary(&done));
    Ok(())
}

/// Both nodes in one process. They know each other by their addresses alone.
async fn load_demo(engine: &EventFlux, options: &Options) -> Result<(), Box<dyn Error>> {
    engine.load(RECEIVER).await?;
    let address = |stream: &str| engine.stream(stream).and_then(|stream| stream.address());
    let (Some(tcp), Some(grpc)) = (address("StockSummary"), address("MovingAverages")) else {
        return Err("the other node does not listen".into());
    };
    let demo = Demo {
        events: options.once.then_some(options.events),
        rate: Some(if options.once { 0 } else { 1_000 }).map(|rate| if options.load { 20_000 } else { rate }),
        stall: options.stall,
        trouble: options.trouble,
    };
    engine.load(&demo.sender(tcp, grpc)).await?;
    Ok(())
}

/// Prints, for whoever still listens: `| head` does not for long.
fn say(text: &str) {
    let mut output = stdout().lock();
    // Nobody is left to be told.
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Waits for those queries that end by themselves, and until what they have sent has arrived.
async fn finished(engine: &EventFlux) {
    engine.finished().await;
    let patience = Instant::now() + Duration::from_secs(5);
    for (from, to) in [("stock_aggregation", "summary_board"), ("moving_average", "average_board")] {
        let (Some(from), Some(to)) = (engine.query(from), engine.query(to)) else { continue };
        let is_behind = || to.executed().events_emitted < from.executed().events_emitted;
        while is_behind() && Instant::now() < patience {
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What to open.
fn welcome(engine: &EventFlux) -> String {
    let mut text = String::new();
    if let Some(admin) = spanwright::metrics_addr() {
        text += &format!(
            "What it says of itself: http://{admin}/metrics, and /health, /ready, /live, /catalog\n"
        );
    }
    for (stream, address) in engine.addresses() {
        text += &format!("The stream {stream} takes events on {address}\n");
    }
    text + "Ctrl-C ends it.\n"
}

/// What was done.
fn summary(done: &[(Name, Executed)]) -> String {
    let mut text = format!("{:<20} {:>10} {:>10} {:>10}\n", "query", "events", "rows", "failures");
    for (query, Executed { events_processed, events_emitted, failures }) in done {
        text += &format!("{query:<20} {events_processed:>10} {events_emitted:>10} {failures:>10}\n");
    }
    text
}
