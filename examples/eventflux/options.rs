//! The command line.

use std::path::PathBuf;

use clap::Parser;
use eventflux::config::Environment;

/// Runs queries over streams of trades, on two nodes that are linked over TCP and over gRPC, until it is told to end.
#[derive(Debug, Parser)]
#[command(after_help = VARIABLES)]
pub struct Options {
    /// Ends when the sources do, with a summary: after some thousand trades.
    #[arg(long)]
    pub once: bool,
    /// Has many more trades a second.
    #[arg(long)]
    pub load: bool,
    /// How many trades there are with `--once`.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub events: u64,
    /// Runs the streams, sinks and queries of this file in place of those that are built in.
    #[arg(long, value_name = "FILE")]
    pub sql: Option<PathBuf>,
    /// How it is run and how it logs: an `eventflux.toml`.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where it runs: production, staging or dev.
    #[arg(long, value_name = "NAME", env = "EVENTFLUX_ENVIRONMENT")]
    pub environment: Option<Environment>,
    /// Adds a query that does not keep up, so that its pipeline is degraded.
    #[arg(long)]
    pub stall: bool,
    /// Adds queries that fail: one divides by zero, one sends to nobody.
    #[arg(long)]
    pub trouble: bool,
    /// Prints the metrics at the end.
    #[arg(long)]
    pub gather: bool,
    /// Prints what it can emit, as JSON, for the command `spanwright`, and ends.
    #[arg(long)]
    pub catalog: bool,
}

const VARIABLES: &str = "\
Environment:
  RUST_LOG                       what to log: info,eventflux::query=debug
  EVENTFLUX_LOG_FORMAT           json or pretty
  EVENTFLUX_METRICS_PORT         where /metrics, /health, /ready and /live are [default: 9090]
  EVENTFLUX_DRAIN_PERIOD         how long it goes on after SIGTERM, in milliseconds [default: 5000]
  OTEL_EXPORTER_OTLP_ENDPOINT    where spans, metrics and logs are sent: http://localhost:4318";
