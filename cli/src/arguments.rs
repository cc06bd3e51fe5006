//! What stands on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use spanwright_dashboards::alerts::Bounds;

use crate::recordings;
use crate::source::Source;

/// Dashboards, alerts and documents from the annotations of an instrumented service, and what its recordings show.
#[derive(Debug, Parser)]
#[command(name = "spanwright", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Writes down everything that a service can emit, as JSON.
    Catalog {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
    },
    /// Writes rules for Prometheus: alerts, and what they record.
    Alerts {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
        /// The file to write to, instead of the standard output.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Also writes the rules' tests for `promtool test rules`, beside the rules: `rules.test.yml` of `rules.yml`.
        #[arg(long, requires = "out")]
        test: bool,
        #[command(flatten)]
        bounds: Box<Bounds>,
    },
    /// Writes a reference of metrics, spans and attributes, as Markdown.
    Docs {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
    },
    /// Writes Grafana's dashboards, each into a file that can be imported.
    Dashboards {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
        /// The folder to write them into.
        #[arg(long, value_name = "DIR", default_value = "grafana")]
        out: PathBuf,
    },
    /// Writes a registry for OpenTelemetry Weaver, as YAML.
    Weaver {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
        /// The folder to write the registry into, with its manifest; else its groups go to the standard output.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// The schema's address in the manifest, ended by the version [default: one at example.com].
        #[arg(long, value_name = "URL", requires = "out")]
        schema_url: Option<String>,
    },
    #[command(flatten)]
    Recording(recordings::Command),
    /// Fails where a metric, a label or an attribute was renamed, removed or changed since a catalogue was written.
    Check {
        /// A running service (http://127.0.0.1:9090), a file with its catalogue, or its binary, which is not run.
        source: Source,
        /// The older catalogue.
        #[arg(long)]
        against: Source,
    },
}
