//! The configuration file, read once at the start.
//!
//! A mistake in one place leaves the others in force; what is no TOML leaves nothing. All mistakes are reported.

#[cfg(feature = "toml")]
mod document;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::keys::Key;
use super::kind::{Kind, Shape};
use super::place::{FilePlace, Place};
use super::problem::{Problem, ShownValue};
use super::reader::{Source, add_once, instead};

/// A file of configuration has a few hundred lines; what is larger is something else.
const MAX_BYTES: u64 = 1 << 20;

/// What the file says for keys that there are.
#[derive(Debug, Default)]
pub(super) struct Document {
    values: Vec<Entry>,
}

/// A value of a key that there is.
#[derive(Debug)]
struct Entry {
    path: &'static str,
    place: FilePlace,
    value: Value,
}

/// A value as TOML has it, as far as any key can have one.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "toml"),
    allow(dead_code, reason = "made by the reader of TOML, which is not built")
)]
enum Value {
    Text(String),
    Switch(bool),
    Integer(String),
    Number(String),
    List(Vec<String>),
    Table(Vec<(String, String)>),
    /// Something that no key has, by its name.
    Other(&'static str),
}

impl Document {
    /// Reads a file. What can't be read is among the problems, and says nothing. Of a shared one, the keys and tables that are
    /// not ours are the program's own.
    pub(super) fn read(path: &Path, is_shared: bool, problems: &mut Vec<Problem>) -> Self {
        match read_bytes(path) {
            Ok(bytes) => Self::parse(&Arc::from(path), &bytes, is_shared, problems),
            Err(reason) => {
                problems.push(Problem::File { path: path.to_string_lossy().into_owned(), reason });
                Self::default()
            }
        }
    }

    #[cfg(feature = "toml")]
    fn parse(path: &Arc<Path>, bytes: &[u8], is_shared: bool, problems: &mut Vec<Problem>) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => document::parse(path, text, is_shared, problems),
            Err(error) => {
                let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let place = FilePlace::new(path, &before, before.len());
                problems.push(Problem::Syntax { place, reason: "this is not valid UTF-8".to_owned() });
                Self::default()
            }
        }
    }

    #[cfg(not(feature = "toml"))]
    fn parse(path: &Arc<Path>, _: &[u8], _: bool, problems: &mut Vec<Problem>) -> Self {
        let reason =
            " can't be read: this program is built without the feature `toml` of `spanwright`".to_owned();
        problems.push(Problem::File { path: path.to_string_lossy().into_owned(), reason });
        Self::default()
    }
}

/// All of the file, or what keeps it from being read, to follow its name.
fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // What has no end, as `/dev/zero`, has one here.
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Err(error) => Err(format!(" can't be read: {error}")),
        Ok(bytes) if bytes.len() as u64 > MAX_BYTES => Err(" is larger than 1 MiB".to_owned()),
        Ok(bytes) => Ok(bytes),
    }
}

/// Reads the keys of a document.
pub(super) struct Values<'a> {
    pub(super) document: &'a Document,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Source for Values<'_> {
    fn read<K: Kind>(&mut self, key: &Key, below: Option<Place>) -> Option<(K::Value, Place)> {
        let (mut bad, mut found) = (Vec::new(), None);
        let of = |path: &&str| self.document.values.iter().find(|entry| entry.path == *path);
        for entry in key.paths.iter().filter_map(of) {
            match entry.value.read::<K>() {
                Ok((value, remark)) => {
                    if let Some(remark) = remark {
                        let variable = format!("{}: {}", entry.place, entry.path);
                        let value = entry.value.shown::<K>();
                        add_once(self.problems, Problem::Remark { variable, value, remark });
                    }
                    found = Some((value, Place::File(entry.place.clone())));
                    break;
                }
                Err(reason) => bad.push((entry, reason)),
            }
        }
        let instead = instead(found.as_ref().map(|(_, place)| place), below.as_ref(), key);
        for (entry, reason) in bad {
            let problem = Problem::FileValue {
                place: entry.place.clone(),
                key: entry.path,
                value: entry.value.shown::<K>(),
                expects: K::EXPECTS,
                reason,
                instead: instead.clone(),
            };
            add_once(self.problems, problem);
        }
        found
    }
}

impl Value {
    /// The value, and what may not be meant by it; or what is wrong with it.
    fn read<K: Kind>(&self) -> Result<(K::Value, Option<String>), String> {
        let text = match (K::SHAPE, self) {
            (Shape::Table, Self::Table(pairs)) => {
                let value = K::from_pairs(pairs.clone()).map_err(|reason| reason.into_owned())?;
                return Ok((value, K::remark_on_pairs(pairs)));
            }
            (Shape::Text | Shape::Size | Shape::List | Shape::Table, Self::Text(text)) => text.clone(),
            (Shape::Switch, Self::Switch(on)) => on.to_string(),
            (Shape::Integer | Shape::Number | Shape::Size, Self::Integer(number)) => number.clone(),
            (Shape::Number, Self::Number(number)) => number.clone(),
            (Shape::List, Self::List(items)) => items.join(","),
            _ => return Err(self.wrong_type::<K>()),
        };
        if text.trim().is_empty() {
            return Err("it is empty; leave the key out".to_owned());
        }
        let value = K::parse(&text).map_err(|reason| reason.into_owned())?;
        Ok((value, K::remark(&text)))
    }

    /// What is wrong with a value of another type.
    fn wrong_type<K: Kind>(&self) -> String {
        let quotes = match (K::SHAPE, self) {
            (Shape::Switch | Shape::Integer | Shape::Number, Self::Text(text)) if K::parse(text).is_ok() => {
                "; write it without quotes"
            }
            (Shape::Text, Self::Switch(_) | Self::Integer(_) | Self::Number(_)) => "; write it in quotes",
            _ => "",
        };
        format!("it is {}{quotes}", self.type_name())
    }

    const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Switch(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Number(_) => "a float",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }

    /// The value for messages; nothing where it may be a secret, or is no single one.
    fn shown<K: Kind>(&self) -> ShownValue {
        match self {
            Self::Text(text) | Self::Integer(text) | Self::Number(text) => K::shown(text),
            Self::List(items) => K::shown(&items.join(",")),
            Self::Switch(on) => K::shown(if *on { "true" } else { "false" }),
            Self::Table(_) | Self::Other(_) => ShownValue::SECRET,
        }
    }
}
