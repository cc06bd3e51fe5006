//! What is in force, and where each value comes from.

use std::fmt;

use super::keys::Key;
use super::place::Place;
use super::problem::Problem;

/// What is in force, and where each value comes from; with secrets hidden. What
/// [`Telemetry::explain`](crate::telemetry::Telemetry::explain) says.
///
/// Displayed, it is a line for each key, and one for each problem:
///
/// ```text
/// service.name = shop                 # code
/// tracing.sample_rate = 0.1           # SHOP_TRACE_SAMPLE_RATE; also set: shop.toml:4:15
/// logging.level = info,shop=debug     # shop.toml:9:9
/// metrics.port = the address's        # default
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    keys: Vec<Explained>,
    problems: Vec<Problem>,
}

/// One key of an [`Explanation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    name: &'static str,
    value: String,
    places: Vec<Place>,
}

impl Explained {
    /// `value` is nothing where the default holds; `places` are where there are values, the one in force first.
    pub(super) fn new(key: &Key, value: Option<String>, places: Vec<Place>) -> Self {
        // What a file has no place for has a variable.
        let name = key.paths.first().or(key.suffix.as_ref()).copied().unwrap_or_default();
        let in_force = value.filter(|_| !places.is_empty());
        Self { name, value: in_force.unwrap_or_else(|| key.default.replace('`', "")), places }
    }

    /// The key, as a file has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What is in force, as far as it may be seen; in words where that is a default which depends on more.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where it comes from; nothing where it is the default.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.places.first()
    }

    /// Where else something is said, which is not in force, or which is added to.
    #[must_use]
    pub fn hidden(&self) -> &[Place] {
        self.places.get(1..).unwrap_or_default()
    }
}

impl Explanation {
    pub(super) const fn new(keys: Vec<Explained>, problems: Vec<Problem>) -> Self {
        Self { keys, problems }
    }

    /// Something else is in force by now.
    pub(crate) fn change(&mut self, name: &str, value: String) {
        let changed = |key: &&mut Explained| key.name == name && key.value != value;
        if let Some(key) = self.keys.iter_mut().find(changed) {
            key.places.insert(0, Place::Running);
            key.value = value;
        }
    }

    /// All keys, in the order of the documentation.
    #[must_use]
    pub fn keys(&self) -> &[Explained] {
        &self.keys
    }

    /// What is wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer lines have their comment farther right.
        const WIDEST: usize = 60;
        let lines: Vec<_> = self.keys.iter().map(|key| format!("{} = {}", key.name, key.value)).collect();
        let lengths = lines.iter().map(|line| line.chars().count());
        let width = lengths.filter(|length| *length <= WIDEST).max().unwrap_or_default();
        for (line, key) in lines.iter().zip(&self.keys) {
            write!(f, "{line:width$}  # ")?;
            match key.place() {
                Some(place) => write!(f, "{place}")?,
                None => f.write_str("default")?,
            }
            for (at, place) in key.hidden().iter().enumerate() {
                write!(f, "{}{place}", if at == 0 { "; also set: " } else { ", " })?;
            }
            writeln!(f)?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "! {problem}"))
    }
}
