//! Files that a command writes.

use std::fs;
use std::path::{Path, PathBuf};

use spanwright_dashboards::File;

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be written: {error}", .path.display())]
pub(crate) struct Unwritten {
    path: PathBuf,
    error: std::io::Error,
}

/// Writes files into a folder, which is made where it is missing, and says which, a line for each.
pub(crate) fn write_files(folder: &Path, files: &[File]) -> Result<String, Unwritten> {
    fs::create_dir_all(folder).map_err(|error| Unwritten { path: folder.to_owned(), error })?;
    let mut written = String::new();
    for File { name, text } in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Unwritten { path: path.clone(), error })?;
        written.push_str(&path.display().to_string());
        written.push('\n');
    }
    Ok(written)
}
