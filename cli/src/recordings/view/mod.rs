//! `spanwright view`: the viewer of recordings, served with a recording or saved as one file.

mod saved;
mod server;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::Args;

use super::analyze::{self, Bounds};
use super::output::{Target, unwritten};
use super::{Done, Files, output, problems};
use server::Server;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files of one process, or folders whose files are all read, or the same in an object store: `s3://bucket/prefix`.
    #[arg(required_unless_present = "save", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The port to serve on, at 127.0.0.1 alone [default: one that is free].
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Writes the viewer with the recording and its findings into a file that needs nothing else, and serves nothing; without a recording, the
    /// viewer alone.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    bounds: Box<Bounds>,
}

pub(crate) fn run(options: Options) -> Done {
    let Options { paths, port, save, bounds } = options;
    let files = Files { paths, ..Files::default() };
    match save {
        Some(path) => write(&files, &bounds, path),
        None => serve(&files, &bounds, port),
    }
}

/// What `spanwright analyze --json` says, and whether all of it could be read, which is said on the standard error.
fn analysis(files: &Files, bounds: &Bounds) -> Result<(String, ExitCode), Box<dyn std::error::Error>> {
    let mut reader = files.open()?;
    let json = analyze::of(&mut reader, bounds).json(&reader, None);
    Ok((json, problems::tell(&reader)))
}

fn write(files: &Files, bounds: &Bounds, path: PathBuf) -> Done {
    files.spare(&Target::File(path.clone()))?;
    let (page, code) = if files.paths.is_empty() {
        (spanwright_viewer::VIEWER.to_owned(), ExitCode::SUCCESS)
    } else {
        let recordings = files.recordings()?;
        let (json, code) = analysis(files, bounds)?;
        (saved::page(&recordings, &json)?, code)
    };
    fs::write(&path, page).map_err(|error| unwritten(&path, &error))?;
    Ok(code)
}

/// Serves until the process is ended. The page is there at once; what was found follows.
fn serve(files: &Files, bounds: &Bounds, port: u16) -> Done {
    // That nothing can be read is said before anybody opens the page.
    drop(files.open()?);
    let recordings = files.recordings()?;
    let server = Server::new(port, &recordings)?;
    output::print(&format!("{}\n", server.address()))?;
    let found = OnceLock::new();
    let findings = || found.get_or_init(|| analysis(files, bounds).ok().map(|(json, _)| json)).as_deref();
    std::thread::scope(|scope| {
        scope.spawn(findings);
        server.run(scope, &findings)
    })
}
