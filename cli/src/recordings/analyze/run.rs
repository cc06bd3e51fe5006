//! The command: reads, reports, compares, and says by its exit code what a build should know.

use std::path::Path;
use std::process::ExitCode;

use super::super::output::{self, unwritten};
use super::super::{Done, Files, problems};
use super::bounds::{Bounds, Report};
use super::compare::{Bound, Comparison};
use super::html;

/// Something was found that is as severe as was asked for.
const FOUND: u8 = 3;

/// Does what was asked for.
pub(crate) fn run(files: &Files, bounds: &Bounds, report: &Report) -> Done {
    let before = Files { paths: report.against.clone(), ..Files::default() };
    if let Some(path) = &report.html {
        if files.holds(path)? || (!before.paths.is_empty() && before.holds(path)?) {
            return Err(format!("`{}` is what is to be read; write to another file", path.display()).into());
        }
    }
    let mut reader = files.open()?;
    let analysis = super::of(&mut reader, bounds);
    let mut other = if before.paths.is_empty() { None } else { Some(before.open()?) };
    let comparison = other.as_mut().map(|reader| {
        let before = super::of(reader, bounds);
        Comparison::of(&before, &analysis, Bound { percent: report.change })
    });
    let text = match (&comparison, report.json) {
        (_, true) => analysis.json(&reader, comparison.as_ref()),
        (Some(comparison), false) => comparison.text(&analysis),
        (None, false) => analysis.to_string(),
    };
    output::print(&text)?;
    if let Some(path) = &report.html {
        write(path, &html::page(&analysis, &reader, comparison.as_ref()))?;
    }
    let code = problems::tell(&reader);
    let code = match &other {
        Some(other) if !other.problems().is_empty() => problems::tell(other),
        _ => code,
    };
    let worst = match &comparison {
        Some(comparison) => comparison.worst(),
        None => analysis.findings.iter().map(|finding| finding.severity).max(),
    };
    let fails = report.fail_on.is_some_and(|least| worst.is_some_and(|worst| worst >= least));
    Ok(if fails { ExitCode::from(FOUND) } else { code })
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text).map_err(|error| unwritten(path, &error))
}
