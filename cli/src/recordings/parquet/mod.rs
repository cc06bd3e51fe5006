//! `spanwright parquet`: a recording as tables, for DuckDB, DataFusion, Spark and ClickHouse.
//!
//! Each kind of events is a table, of which `docs/parquet.md` says what is in it. `schema` makes its columns of the fields that the format
//! states for the kind; `table` holds rows until they are a row group; `folder` says which file a row goes to.

#[cfg(feature = "parquet")]
mod folder;
#[cfg(feature = "parquet")]
mod schema;
#[cfg(feature = "parquet")]
mod table;

use std::path::PathBuf;

use clap::Args;

use super::filter::Filter;
use super::{Done, Files};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    filter: Filter,
    /// The folder to write them into: `<table>/date=2023-11-14/hour=22/….parquet`. What other recordings have there stays.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[cfg(not(feature = "parquet"))]
pub(crate) fn write(_: &Options) -> Done {
    Err("this `spanwright` is built without tables; build it with `--features parquet`".into())
}

#[cfg(feature = "parquet")]
pub(crate) fn write(options: &Options) -> Done {
    let Options { files, filter, out } = options;
    let mut reader = files.open()?;
    let mut folder = folder::Folder::new(out);
    let mut progress = super::progress::Progress::new("writing");
    let time = filter.time(&reader);
    let mut events = reader.events_within(time);
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        if filter.wants(&record, events.names()) {
            folder.add(&record, events.recording(), events.names())?;
        }
    }
    let written = folder.finish()?;
    drop(progress);
    super::output::print(&written.to_string())?;
    Ok(super::problems::tell(&reader))
}
