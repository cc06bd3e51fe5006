//! `spanwright`: what is made of the catalogue of an instrumented service, and of its recordings.
//!
//! A command is a module: it takes a [`Catalog`](spanwright_catalog::Catalog), or a [`Reader`](spanwright_recording::Reader), and gives a text,
//! or files.

mod alerts;
mod arguments;
mod check;
mod docs;
mod output;
mod recordings;
mod source;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use spanwright_dashboards::{dashboards, weaver};

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(problem) => {
            // Nobody is left to be told where even that fails.
            let _ = writeln!(std::io::stderr(), "error: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Does what was asked for: 0 where that is well, 1 where a comparison has found something or a
/// recording is damaged, 2 where it can't be done.
fn run(Arguments { command }: Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Catalog { source } => write(&source.read()?.to_json())?,
        Command::Alerts { source, out, test, bounds } => {
            alerts::write(&source.read()?, &bounds, out.as_deref(), test)?
        }
        Command::Docs { source } => write(&docs::markdown(&source.read()?))?,
        Command::Dashboards { source, out } => {
            let written = output::write_files(&out, &dashboards::files(&source.read()?))?;
            write(&written)?;
        }
        Command::Weaver { source, out, schema_url } => {
            let catalog = source.read()?;
            match out {
                Some(out) => {
                    let files = weaver::files(&catalog, schema_url.as_deref());
                    write(&output::write_files(&out, &files)?)?;
                }
                None => write(&weaver::yaml(&catalog))?,
            }
        }
        Command::Recording(command) => return command.run(),
        Command::Check { source, against } => {
            let changes = check::compare(&against.read()?, &source.read()?);
            write(&changes.to_string())?;
            if changes.breaks() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// To the standard output; a reader that has gone away is no error.
fn write(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
