//! What is worth being told, and how.

use std::path::PathBuf;

use clap::Args;

use super::super::times::Nanos;
use super::findings::{self, Severity};

/// What is worth being told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bounds {
    /// Polls that took as long are told of, the longest first; of findings, those that are ten times as long or many.
    #[arg(long, value_name = "TIME", default_value = "10ms")]
    pub(crate) long: Nanos,
    /// Workers that were idle for as long while tasks waited are told of.
    #[arg(long, value_name = "TIME", default_value = "1ms")]
    pub(crate) idle: Nanos,
    /// Tasks that waited as long for their poll, once they were woken, are told of; of findings, ten times as long.
    #[arg(long, value_name = "TIME", default_value = "10ms")]
    pub(crate) wait: Nanos,
    /// Tasks that were neither woken nor polled for as long are looked at: whether they leak, or wait in vain.
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) silent: Nanos,
    /// Spans that are slow for their name are told of from this length on.
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) slow: Nanos,
    /// So many of each are told of one by one, the worst of which findings name.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top: u16,
    /// Findings of this kind are left out: `task-leak`, or `task-leak@src/serve.rs:12:5` for those of a place.
    #[arg(long, value_name = "FINDING", value_parser = findings::Ignored::read)]
    pub(crate) ignore: Vec<findings::Ignored>,
}

/// How it is told.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// As JSON, with durations in nanoseconds.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also writes a report for browsers: one file that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Says what became worse or better since this recording, a file or a folder, was made.
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Vec<PathBuf>,
    /// What differs by less is no matter.
    #[arg(long, value_name = "PERCENT", default_value_t = 25, requires = "against")]
    pub(crate) change: u16,
    /// Ends with 3 where something is found that is as severe; with `--against`, where it is new or became worse.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
}
