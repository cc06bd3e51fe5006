//! An order service whose state is its events.
//!
//! What is worth a look is in `core/`, the library: its spans and the metrics of its subscriptions come from annotations. Here is
//! what a program that uses it does.
//!
//! ```text
//! cargo run --example eventsource            # then open what it prints
//! cargo run --example eventsource -- --once  # ends by itself, with a summary
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

mod connections;
mod options;
mod orders;
mod projections;
mod service;

use std::process::ExitCode;
use std::time::Duration;

use eventsource::EventSourceError;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use options::{Options, Role};
use service::Service;

/// How long it is until the next order.
const PAUSE: Duration = Duration::from_millis(500);

#[spanwright::main(prefix = "EVENTSOURCE", service_name = "eventsource")]
async fn main() -> ExitCode {
    let mut options = match Options::parse() {
        Ok(options) => options,
        Err(error) => {
            // Nothing can be done where even that can't be said.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    match run(&mut options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eventsource: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Goes on until its orders are done, or until it is told to end.
async fn run(options: &mut Options) -> Result<(), EventSourceError> {
    let _broker = connections::broker_within(options)?;
    let service = Service::new(options).await?;
    service.start().await?;
    print!("{}", welcome());
    let mut consuming = tokio::spawn(service.consume());
    let taken = tokio::select! {
        taken = work(&service, options) => taken?,
        Some(error) = failure(&mut consuming) => return Err(error),
    };
    let summary = service.stop().await?;
    println!("{taken} orders were taken\n{summary}");
    Ok(())
}

/// What stopped events from being taken, be it a panic, which goes on here. Nothing where they were not to be taken.
async fn failure(consuming: &mut JoinHandle<Result<(), EventSourceError>>) -> Option<EventSourceError> {
    match consuming.await {
        Ok(ended) => ended.err(),
        Err(ended) => ended.try_into_panic().map_or(None, |panic| std::panic::resume_unwind(panic)),
    }
}

/// What there is to do, until all of it is done. How many orders there were.
async fn work(service: &Service, options: &Options) -> Result<u64, EventSourceError> {
    let taken = match options.role {
        Role::Consumer => consume(service, options.once).await,
        _ => take_orders(service, options.once).await?,
    };
    service.settle().await?;
    let mended = service.mend().await?;
    tracing::info!(target: "eventsource.orders", mended, "Dead letters were looked at");
    Ok(taken)
}

/// Takes so many orders, or goes on until it is told to end. How many there were.
async fn take_orders(service: &Service, most: Option<u64>) -> Result<u64, EventSourceError> {
    let shutdown = spanwright::shutdown_token();
    let mut taken = 0;
    while most.is_none_or(|most| taken < most) && !shutdown.is_cancelled() {
        taken += 1;
        service.take_order(taken).await?;
        if most.is_none() {
            tokio::select! {
                () = sleep(PAUSE) => (),
                () = shutdown.cancelled() => (),
            }
        }
    }
    Ok(taken)
}

/// Handles events until so many orders have come, or until it is told to end. How many did.
async fn consume(service: &Service, most: Option<u64>) -> u64 {
    let shutdown = spanwright::shutdown_token();
    while most.is_none_or(|most| service.notified() < most) && !shutdown.is_cancelled() {
        tokio::select! {
            () = sleep(Duration::from_millis(20)) => (),
            () = shutdown.cancelled() => (),
        }
    }
    service.notified()
}

/// What to open.
fn welcome() -> String {
    let mut text = String::new();
    if let Some(admin) = spanwright::metrics_addr() {
        text += &format!(
            "What it says of itself: http://{admin}/metrics, and /health, /ready, /live, /catalog\n"
        );
    }
    text + "Ctrl-C ends it.\n"
}
