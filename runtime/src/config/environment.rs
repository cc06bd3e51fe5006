//! The environment, read once: what is decided from it can be repeated and tested.

use std::ffi::{OsStr, OsString};

/// The variables of a process at one moment.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: Vec<(OsString, OsString)>,
}

impl Environment {
    /// This process's variables. The one place of this crate that reads them.
    pub(crate) fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect() }
    }

    /// The value of a variable. An empty one is unset, as the specification of OpenTelemetry has it.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let (_, value) = self.variables.iter().find(|(its_name, _)| its_name == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The names of all variables that are set, those aside that are not Unicode.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.variables.iter().filter(|(_, value)| !value.is_empty());
        set.filter_map(|(name, _)| name.to_str())
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}
