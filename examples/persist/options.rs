//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Saves, verifies and loads snapshots of agents, on the local disk and in a bucket of S3, until it is told to end.
#[derive(Debug, Parser)]
#[command(after_help = VARIABLES)]
pub struct Options {
    /// Does so once, prints a summary, and ends.
    #[arg(long)]
    pub once: bool,
    /// For so many agents.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub agents: u64,
    /// Where local snapshots are kept. By default a temporary folder of this run's own.
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<PathBuf>,
    /// The bucket is a real one, of the S3 that `AWS_ENDPOINT`, `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` name
    /// (build with the feature `s3`), and not one in memory.
    #[arg(long)]
    pub s3: bool,
    /// The bucket's name.
    #[arg(long, value_name = "NAME", default_value = "my-bucket")]
    pub bucket: String,
    /// The bucket in memory refuses one of so many requests for the moment.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub slow_down_every: u64,
    /// The bucket in memory says that it does not exist, after it has asked twice to wait.
    #[arg(long)]
    pub no_bucket: bool,
    /// Sends spans to this Jaeger.
    #[arg(long, value_name = "URL")]
    pub jaeger: Option<String>,
    /// Prints the metrics, and what is known of them, at the end.
    #[arg(long)]
    pub gather: bool,
}

const VARIABLES: &str = "\
Environment:
  RUST_LOG                   what to log: persist_core=debug; persist_core=trace shows the spans too
  PERSIST_LOG_FORMAT         json or pretty
  PERSIST_TRACING_ENABLED    whether there are spans
  PERSIST_TRACE_SAMPLE_RATE  the share of traces that is kept: 0.1
  PERSIST_JAEGER_ENDPOINT    where spans are sent: http://localhost:14268/api/traces
  PERSIST_METRICS_ENABLED    whether there is /metrics
  PERSIST_METRICS_PORT       where [default: 9090]";
