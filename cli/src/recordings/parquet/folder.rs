//! Which file a row goes to: one for each table, hour and recording.
//!
//! A file has another name until it is whole, so that whoever reads the folder meanwhile sees whole ones only.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use spanwright_recording::{Names, Record, to_rfc3339};

use super::schema;
use super::table::Table;

/// Bytes of all rows that wait, nearly.
const MOST_BYTES: usize = 256 << 20;
/// So many files are written at once.
const MOST_FILES: usize = 512;
const HOUR: u64 = 3_600_000_000_000;

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    #[error("`{}` is there already: these events are in the tables; write to another folder", .0.display())]
    There(PathBuf),
    #[error("`{}` can't be written: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("`{}` can't be written: {error}", path.display())]
    Parquet { path: PathBuf, error: ParquetError },
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    rows: BTreeMap<&'static str, u64>,
    files: u64,
    unknown: u64,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: u64 = self.rows.values().sum();
        let (tables, files) = (self.rows.len(), self.files);
        writeln!(f, "{rows} rows of {tables} tables are written into {files} files")?;
        self.rows.iter().try_for_each(|(table, rows)| writeln!(f, "{rows:>12} {table}"))?;
        if self.unknown > 0 {
            writeln!(f, "{} events of kinds that are not known are left out", self.unknown)?;
        }
        Ok(())
    }
}

/// The hour since 1970, the recording, and the table.
type Key = (u64, u64, &'static str);

struct Open {
    table: Table,
    /// Where it will be, and where it is.
    path: PathBuf,
    part: PathBuf,
}

pub(super) struct Folder {
    root: PathBuf,
    open: BTreeMap<Key, Open>,
    bytes: usize,
    written: Written,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), open: BTreeMap::new(), bytes: 0, written: Written::default() }
    }

    pub(super) fn add(
        &mut self,
        record: &Record<'_>,
        recording: u64,
        names: &Names,
    ) -> Result<(), Unwritten> {
        let Some(kind) = schema::kind(record.event.kind()) else {
            self.written.unknown += 1;
            return Ok(());
        };
        let key = (record.at / HOUR, recording, kind.name);
        if !self.open.contains_key(&key) {
            self.make_room(key.0)?;
            let (path, part) = self.paths(key, record.at)?;
            let table =
                create(&part).and_then(|file| Table::new(file, kind, recording).map_err(at(&part)))?;
            self.open.insert(key, Open { table, path, part });
        }
        let Some(Open { table, part, .. }) = self.open.get_mut(&key) else { return Ok(()) };
        let before = table.bytes;
        table.add(record, names).map_err(at(part))?;
        self.bytes = (self.bytes + table.bytes).saturating_sub(before);
        *self.written.rows.entry(kind.name).or_default() += 1;
        if self.bytes > MOST_BYTES {
            self.open.values_mut().try_for_each(|open| open.table.flush().map_err(at(&open.part)))?;
            self.bytes = 0;
        }
        Ok(())
    }

    /// Before a file is begun: no more rows come for hours that are over.
    fn make_room(&mut self, hour: u64) -> Result<(), Unwritten> {
        let over = |key: &Key, open: usize| key.0 < hour || open >= MOST_FILES;
        while self.open.first_key_value().is_some_and(|(key, _)| over(key, self.open.len())) {
            self.close_first()?;
        }
        Ok(())
    }

    fn close_first(&mut self) -> Result<(), Unwritten> {
        let Some((_, Open { table, path, part })) = self.open.pop_first() else { return Ok(()) };
        self.bytes = self.bytes.saturating_sub(table.bytes);
        table.finish().map_err(at(&part))?;
        fs::rename(&part, &path).map_err(|error| Unwritten::Io { path, error })?;
        self.written.files += 1;
        Ok(())
    }

    /// Where a file goes, by the time of its first row.
    fn paths(&self, (_, recording, kind): Key, first: u64) -> Result<(PathBuf, PathBuf), Unwritten> {
        let time = to_rfc3339(first);
        let (date, hour) = (time.get(..10).unwrap_or_default(), time.get(11..13).unwrap_or_default());
        let folder = self.root.join(kind).join(format!("date={date}")).join(format!("hour={hour}"));
        fs::create_dir_all(&folder).map_err(|error| Unwritten::Io { path: folder.clone(), error })?;
        let path = folder.join(format!("{recording:016x}-{first}.parquet"));
        if path.exists() {
            return Err(Unwritten::There(path));
        }
        let part = path.with_extension("parquet.part");
        Ok((path, part))
    }

    /// Closes all files.
    pub(super) fn finish(mut self) -> Result<Written, Unwritten> {
        while !self.open.is_empty() {
            self.close_first()?;
        }
        Ok(std::mem::take(&mut self.written))
    }
}

impl Drop for Folder {
    /// What is not whole is of no use.
    fn drop(&mut self) {
        for open in self.open.values() {
            // That it can't be removed is no news where it could not be written.
            let _ = fs::remove_file(&open.part);
        }
    }
}

fn create(path: &Path) -> Result<File, Unwritten> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path);
    file.map_err(|error| Unwritten::Io { path: path.to_owned(), error })
}

/// Names the file.
fn at(path: &Path) -> impl FnOnce(ParquetError) -> Unwritten + '_ {
    |error| Unwritten::Parquet { path: path.to_owned(), error }
}
