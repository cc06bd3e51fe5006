//! The options of a source or a sink: each is asked for once, and what is left is a mistake.

use crate::sql::{Endpoint, Literal, Span, SqlError, meant};
use crate::value::Value;

/// The most events that are taken at once: they are all in memory.
const LARGEST_BATCH: i64 = 100_000;

/// Options that are still to be asked for.
pub(crate) struct Options<'a> {
    of: &'a Endpoint,
    left: Vec<&'a (Span, Literal)>,
    asked: Vec<&'static str>,
}

impl<'a> Options<'a> {
    pub(crate) fn of(of: &'a Endpoint) -> Self {
        Self { of, left: of.options.iter().collect(), asked: Vec::new() }
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Literal> {
        self.asked.push(name);
        let place = self.left.iter().position(|(its, _)| its.text.eq_ignore_ascii_case(name))?;
        Some(&self.left.remove(place).1)
    }

    /// A text that has to be there.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<String, SqlError> {
        match self.take(name) {
            None => {
                let kind = &self.of.kind;
                Err(kind.at.error(format!(
                    "`{}` wants the option `{name}`, as in `{}({name} = '…')`",
                    kind.text, kind.text
                )))
            }
            Some(Literal { value: Value::Text(text), .. }) => Ok(text.to_string()),
            Some(Literal { at, .. }) => Err(at.error(format!("`{name}` is a text, in single quotes"))),
        }
    }

    /// A whole number, `default` where it is not there.
    pub(crate) fn count(&mut self, name: &'static str, default: u64) -> Result<u64, SqlError> {
        match self.take(name) {
            None => Ok(default),
            Some(Literal { value: Value::Int(count @ 0..), .. }) => Ok(count.unsigned_abs()),
            Some(Literal { at, .. }) => Err(at.error(format!("`{name}` is a whole number, 0 or greater"))),
        }
    }

    /// How many events are taken at once.
    pub(crate) fn batch(&mut self) -> Result<u64, SqlError> {
        match self.take("batch") {
            None => Ok(100),
            Some(Literal { value: Value::Int(batch @ 1..=LARGEST_BATCH), .. }) => Ok(batch.unsigned_abs()),
            Some(Literal { at, .. }) => {
                Err(at.error(format!("`batch` is a whole number from 1 to {LARGEST_BATCH}")))
            }
        }
    }

    /// Whether all were asked for.
    pub(crate) fn none_left(&self) -> Result<(), SqlError> {
        let Some((name, _)) = self.left.first() else { return Ok(()) };
        let (kind, meant) = (&self.of.kind.text, meant(&name.text, self.asked.iter().copied()));
        let known = self.asked.join("`, `");
        Err(name.at.error(format!("`{kind}` has no option `{}`; it has `{known}`{meant}", name.text)))
    }
}
