//! A small shop that takes orders over HTTP, charges cards and ships, on axum and SQLite.
//!
//! Its spans and the metrics of its calls come from annotations, its own metrics from a derive: `#[spanwright::main]`
//! here, `#[instrument]` on what is worth a span, and the derives in `metrics.rs`. A health check is one call, and log
//! lines are `tracing` events.
//!
//! ```text
//! cargo run --example shop            # then open what it prints
//! cargo run --example shop -- --load  # sends requests to itself for 15 seconds
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

mod api;
mod load;
mod metrics;
mod options;
mod payment;
mod shipping;
mod shop;
mod store;
mod trouble;

use std::error::Error;
use std::future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use spanwright::health::{self, Check};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use options::Options;
use shipping::Shipping;
use shop::Shop;
use store::Store;

#[spanwright::main(service_name = "shop")]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) if options.help => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(options) if options.explain_config => {
            // Installed by the attribute above.
            spanwright::Telemetry::explain().iter().for_each(|explanation| print!("{explanation}"));
            return ExitCode::SUCCESS;
        }
        Ok(options) if options.catalog => {
            print!("{}", spanwright::catalog().to_json());
            return ExitCode::SUCCESS;
        }
        Ok(options) => options,
        Err(error) => {
            eprintln!("shop: {error}\nshop: `--help` shows what there is");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the load is over, `SIGTERM` or `SIGINT`.
async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    // `/ready` says no until the shop listens.
    let starting = health::not_ready("the shop is opening");
    let store = Arc::new(Store::open(options.database.as_deref(), options.trouble)?);
    let checked = store.clone();
    health::add(Check::new("database", move || future::ready(checked.check())));
    let (shipping, worker) = Shipping::start(store.clone(), options.trouble)?;
    let shop = Shop::new(store, shipping, options.trouble);
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        format!(
            "can't listen on {}: {error}; choose another with `--listen`, port 0 for a free one",
            options.listen
        )
    })?;
    let address = listener.local_addr()?;
    drop(starting);
    print!("{}", welcome(address));

    let shutdown = spanwright::shutdown_token();
    let end = async move {
        match options.load {
            None => shutdown.cancelled().await,
            Some(duration) => {
                let load = spawn_blocking(move || load::run(address, duration, || shutdown.is_cancelled()));
                load.await.expect("the load does not panic");
            }
        }
    };
    axum::serve(listener, api::routes(shop)).with_graceful_shutdown(end).await?;
    // The routes had the last ways to the worker, which now ships the rest and ends.
    worker.join().map_err(|_| "the shipping worker panicked")?;
    Ok(())
}

/// What to open.
fn welcome(shop: SocketAddr) -> String {
    let order = r#"{"item": "teapot", "quantity": 1, "card": "4242424242424242"}"#;
    let mut text = format!(
        "The shop serves on http://{shop}

  curl -d '{order}' -H 'content-type: application/json' http://{shop}/orders
  curl 'http://{shop}/orders?status=shipped'

"
    );
    if let Some(admin) = spanwright::metrics_addr() {
        text += &format!(
            "What it says of itself:

  http://{admin}/          the live console
  http://{admin}/metrics
  http://{admin}/health    and /ready, /live
  http://{admin}/catalog   for dashboards and alerts

"
        );
    }
    text + "Ctrl-C ends it.\n"
}
