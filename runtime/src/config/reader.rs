//! Reads the keys of one source, and collects what is wrong with them.

use super::environment::Environment;
use super::keys::Key;
use super::kind::Kind;
use super::place::Place;
use super::problem::{Instead, Problem, ShownValue};

/// Something that has values for keys.
pub(super) trait Source {
    /// The value of a key, and where it was found. `below` is where the key's value is otherwise from, if from anywhere.
    fn read<K: Kind>(&mut self, key: &Key, below: Option<Place>) -> Option<(K::Value, Place)>;
}

/// What is used where a value can't be.
pub(super) fn instead(found: Option<&Place>, below: Option<&Place>, key: &Key) -> Instead {
    match found.or(below) {
        None => Instead::Default(key.default),
        // Nothing is read over what a running program says.
        Some(Place::Code | Place::Running) => Instead::Code,
        Some(Place::File(place)) => Instead::File(place.clone()),
        Some(Place::Variable(name)) => Instead::Variable(name.clone()),
    }
}

/// Adds a problem, once: several keys may have one variable, or one place in the file.
pub(super) fn add_once(problems: &mut Vec<Problem>, problem: Problem) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Reads variables.
pub(super) struct Variables<'a> {
    pub(super) environment: &'a Environment,
    pub(super) prefix: &'a str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Source for Variables<'_> {
    /// The value of the first variable that has a good one.
    fn read<K: Kind>(&mut self, key: &Key, below: Option<Place>) -> Option<(K::Value, Place)> {
        let prefixed = key.suffix.map(|suffix| format!("{}_{suffix}", self.prefix));
        let variables = prefixed.into_iter().chain(key.standard.iter().map(|name| (*name).to_owned()));
        let mut bad = Vec::new();
        let mut found = None;
        for variable in variables {
            match self.read_variable::<K>(&variable) {
                None => {}
                Some(Err(wrong)) => bad.push((variable, wrong)),
                Some(Ok(value)) => {
                    found = Some((value, Place::Variable(variable)));
                    break;
                }
            }
        }
        let instead = instead(found.as_ref().map(|(_, place)| place), below.as_ref(), key);
        for (variable, wrong) in bad {
            let instead = instead.clone();
            let problem = match wrong {
                Wrong::NotUnicode => Problem::NotUnicode { variable, instead },
                Wrong::Value { value, reason } => {
                    Problem::BadValue { variable, value, expects: K::EXPECTS, reason, instead }
                }
            };
            add_once(self.problems, problem);
        }
        found
    }
}

impl Variables<'_> {
    fn read_variable<K: Kind>(&mut self, variable: &str) -> Option<Result<K::Value, Wrong>> {
        let Some(text) = self.environment.get(variable)?.to_str() else {
            return Some(Err(Wrong::NotUnicode));
        };
        if text.trim().is_empty() {
            return None;
        }
        let shown = || K::shown(text);
        let value = K::parse(text);
        if let (Ok(_), Some(remark)) = (&value, K::remark(text)) {
            let problem = Problem::Remark { variable: variable.to_owned(), value: shown(), remark };
            add_once(self.problems, problem);
        }
        Some(value.map_err(|reason| Wrong::Value { value: shown(), reason: reason.into_owned() }))
    }
}

/// What is wrong with one variable.
enum Wrong {
    NotUnicode,
    Value { value: ShownValue, reason: String },
}
