//! From TOML to values of keys that there are.

use std::path::Path;
use std::sync::Arc;

use toml::de::{DeInteger, DeTable, DeValue, Error};

use super::{Document, Entry, Value};
use crate::config::keys::KEYS;
use crate::config::near::nearest;
use crate::config::place::FilePlace;
use crate::config::problem::{Problem, ShownValue};

/// Of more mistakes, the first ones are shown.
const MOST_MISTAKES: usize = 50;

/// Reads a text of TOML.
pub(super) fn parse(path: &Arc<Path>, text: &str, is_shared: bool, problems: &mut Vec<Problem>) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { path, text, mistakes: Vec::new(), values: Vec::new() };
    walk.table(table.get_ref(), &mut Vec::new());
    let Walk { mut mistakes, mut values, .. } = walk;
    if !errors.is_empty() {
        values = Vec::new();
        // What comes behind the first one may be in another table than it seems.
        let first = errors.iter().map(start_of).min().unwrap_or_default();
        mistakes.retain(|(at, _)| *at < first);
        let syntax = |error| (start_of(error), Mistake::Syntax(reason_of(error, text)));
        mistakes.extend(errors.iter().map(syntax));
    }
    mistakes.sort_by_key(|(at, _)| *at);
    let place = |at| FilePlace::new(path, text, at);
    let told = mistakes.into_iter().filter_map(|(at, mistake)| mistake.problem(|| place(at), is_shared));
    problems.extend(told.take(MOST_MISTAKES));
    Document { values }
}

fn start_of(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// What the parser says, on one line.
fn reason_of(error: &Error, text: &str) -> String {
    let message = error.message().trim().replace('\n', ", ");
    let key = error.span().and_then(|span| text.get(span));
    match key.filter(|_| message == "duplicate key") {
        Some(key) => format!("`{}` is there twice", ShownValue::new(key).text()),
        None => message,
    }
}

/// Where a path leads.
enum Meaning {
    /// To a key.
    Key(&'static str, bool),
    /// To a table of keys.
    Table,
    Nothing,
}

/// Something wrong. Only of those that are told it is found out what to tell: a file may hold nothing else.
enum Mistake {
    Syntax(String),
    /// A key that there is not, with those around it.
    Unknown(Vec<String>),
    /// A value where a table should be.
    NoTable(Vec<String>),
}

impl Mistake {
    fn problem(self, place: impl Fn() -> FilePlace, is_shared: bool) -> Option<Problem> {
        Some(match self {
            Self::Syntax(reason) => Problem::Syntax { place: place(), reason },
            Self::Unknown(path) => return unknown(&path, place, is_shared),
            Self::NoTable(path) => Problem::UnknownKey {
                place: place(),
                key: format!("{} = …", shown(&path)),
                meant: None,
                allowed: children(&path),
            },
        })
    }
}

/// What to tell of a key that there is not, if anything.
fn unknown(path: &[String], place: impl Fn() -> FilePlace, is_shared: bool) -> Option<Problem> {
    let (name, around) = path.split_last()?;
    let allowed = children(around);
    let near = nearest(name, allowed.iter().copied());
    if is_shared && around.is_empty() {
        // It may be the program's own, unless it is nearly one of ours.
        let variable = || format!("{}: {}", place(), shown(path));
        return near.map(|meant| Problem::NearlyOurs { variable: variable(), meant: meant.to_owned() });
    }
    // Nearly there, or there in another table.
    let elsewhere = || {
        let last = |path: &&&str| path.rsplit('.').next() == Some(name);
        KEYS.iter().flat_map(|key| key.paths).find(last).copied()
    };
    let meant = near.or_else(elsewhere);
    Some(Problem::UnknownKey { place: place(), key: shown(path), meant, allowed })
}

/// A walk through the tables.
struct Walk<'a> {
    path: &'a Arc<Path>,
    text: &'a str,
    mistakes: Vec<(usize, Mistake)>,
    values: Vec<Entry>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, around: &mut Vec<String>) {
        for (name, value) in table {
            around.push(name.get_ref().to_string());
            match (meaning(around), value.get_ref()) {
                (Meaning::Key(path, is_table), its) => {
                    let place = FilePlace::new(self.path, self.text, value.span().start);
                    self.values.push(Entry { path, place, value: convert(its, is_table) });
                }
                (Meaning::Table, DeValue::Table(inner)) => self.table(inner, around),
                (Meaning::Table, _) => {
                    self.mistakes.push((value.span().start, Mistake::NoTable(around.clone())));
                }
                (Meaning::Nothing, _) => {
                    self.mistakes.push((name.span().start, Mistake::Unknown(around.clone())));
                }
            }
            around.pop();
        }
    }
}

/// A key with those around it, for messages.
fn shown(path: &[String]) -> String {
    ShownValue::new(&path.join(".")).text()
}

fn meaning(path: &[String]) -> Meaning {
    let mut within = false;
    for key in KEYS {
        for known in key.paths {
            let mut parts = known.split('.');
            if path.iter().all(|name| parts.next() == Some(name)) {
                match parts.next() {
                    None => return Meaning::Key(known, key.is_table),
                    Some(_) => within = true,
                }
            }
        }
    }
    if within { Meaning::Table } else { Meaning::Nothing }
}

/// The keys that there can be in a table, in the order of the documentation.
fn children(path: &[String]) -> Vec<&'static str> {
    let mut children = Vec::new();
    for known in KEYS.iter().flat_map(|key| key.paths) {
        let mut parts = known.split('.');
        let is_within = path.iter().all(|name| parts.next() == Some(name));
        if let Some(child) = parts.next().filter(|child| is_within && !children.contains(child)) {
            children.push(child);
        }
    }
    children
}

fn convert(value: &DeValue<'_>, is_table: bool) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(on) => Value::Switch(*on),
        DeValue::Integer(number) => Value::Integer(decimal(number)),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            texts
                .collect::<Option<_>>()
                .map_or(Value::Other("an array of something else than strings"), Value::List)
        }
        DeValue::Table(table) if is_table => {
            let mut pairs = Vec::new();
            match flatten(table, "", &mut pairs) {
                Some(()) => Value::Table(pairs),
                None => Value::Other("a table of something else than strings"),
            }
        }
        DeValue::Table(_) => Value::Other("a table"),
        DeValue::Datetime(_) => Value::Other("a time"),
    }
}

/// Names with a dot, as `service.version`, are tables to TOML unless they are in quotes: here it is the same.
fn flatten(table: &DeTable<'_>, before: &str, pairs: &mut Vec<(String, String)>) -> Option<()> {
    for (name, value) in table {
        let name = format!("{before}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => flatten(inner, &format!("{name}."), pairs)?,
            value => pairs.push((name, value.as_str()?.to_owned())),
        }
    }
    Some(())
}

/// The number's digits as a variable has them.
fn decimal(number: &DeInteger<'_>) -> String {
    // What is too large for any key is not shown otherwise than it was written.
    i128::from_str_radix(number.as_str(), number.radix())
        .map_or_else(|_| number.to_string(), |its| its.to_string())
}
