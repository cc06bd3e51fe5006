//! `alerts`: rules for Prometheus, and their tests for promtool, from a catalogue.

use std::io::Write;
use std::path::Path;

use spanwright_catalog::Catalog;
use spanwright_dashboards::alerts::{Bounds, Rules};

/// Writes the rules, and their tests beside them; without a file to the standard output.
pub(crate) fn write(
    catalog: &Catalog,
    bounds: &Bounds,
    out: Option<&Path>,
    test: bool,
) -> std::io::Result<()> {
    let rules = Rules::of(catalog, bounds);
    let Some(out) = out else { return crate::write(&rules.to_yaml()) };
    write_file(out, &rules.to_yaml())?;
    let mut said = format!("{} alerts in {}\n", rules.alerts(), out.display());
    if test {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let tests = rules.tests(catalog, bounds, &name);
        let beside = out.with_extension("test.yml");
        write_file(&beside, &tests.text)?;
        said.push_str(&format!("their tests in {}\n", beside.display()));
        for rule in tests.untested {
            // Nobody is left to be told where even that fails; the file says it too.
            let _ = writeln!(std::io::stderr(), "not tested: {rule}");
        }
    }
    crate::write(&said)
}

fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    let named = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("`{}` can't be written: {error}", path.display()))
    };
    std::fs::write(path, text).map_err(named)
}
