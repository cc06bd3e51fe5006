//! What is wrong with the configuration. Every message names the variable, its value unless that may be a
//! secret, what it may be, and what is used instead.

use std::fmt;

use super::place::FilePlace;
use super::url::without_secrets;

/// Something wrong with a variable or the file. None of them stops a program by itself: something is used instead, and the
/// problem says what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A value that can't be used.
    #[error("`{variable}` is {value}not {expects}{}{reason}; {instead}", if reason.is_empty() { "" } else { ": " })]
    BadValue {
        /// The variable.
        variable: String,
        /// Its value; nothing where that may be a secret.
        value: ShownValue,
        /// What it may be.
        expects: &'static str,
        /// What is wrong with it, where there is more to say; never the value of a secret.
        reason: String,
        /// What is used instead.
        instead: Instead,
    },
    /// A value that is not text.
    #[error("`{variable}` is not valid UTF-8; {instead}")]
    NotUnicode {
        /// The variable.
        variable: String,
        /// What is used instead.
        instead: Instead,
    },
    /// The file can't be read; nothing of it is used.
    #[error("the configuration file `{}`{}; nothing of it is used", path.escape_debug(), reason)]
    File {
        /// The file.
        path: String,
        /// Why, to follow its name.
        reason: String,
    },
    /// The file is no TOML; nothing of it is used.
    #[error("{place}: {reason}; nothing of the file is used")]
    Syntax {
        /// Where.
        place: FilePlace,
        /// What is wrong there.
        reason: String,
    },
    /// A key of the file that there is not.
    #[error(
        "{place}: there is no key `{key}`{}; {}",
        meant.map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default(),
        KeysThere(allowed)
    )]
    UnknownKey {
        /// Where.
        place: FilePlace,
        /// The key with those around it, dots in between.
        key: String,
        /// The one it is near to.
        meant: Option<&'static str>,
        /// All keys that there can be in that table.
        allowed: Vec<&'static str>,
    },
    /// A value of the file that can't be used.
    #[error("{place}: `{key}` is {value}not {expects}{}{reason}; {instead}", if reason.is_empty() { "" } else { ": " })]
    FileValue {
        /// Where.
        place: FilePlace,
        /// The key with those around it, dots in between.
        key: &'static str,
        /// Its value; nothing where that may be a secret.
        value: ShownValue,
        /// What it may be.
        expects: &'static str,
        /// What is wrong with it, where there is more to say.
        reason: String,
        /// What is used instead.
        instead: Instead,
    },
    /// A value that is used, but may not be meant. A warning.
    #[error("`{variable}` is {value}{remark}")]
    Remark {
        /// The variable, or the place in the file and the key there.
        variable: String,
        /// Its value.
        value: ShownValue,
        /// What to look at.
        remark: String,
    },
    /// A port that is by convention another protocol's. A warning.
    #[error(
        "the OTLP endpoint is {endpoint}whose port {port} is by convention that of `{its_protocol}`, but \
         `{protocol}` is spoken to it; set `OTEL_EXPORTER_OTLP_PROTOCOL` to `{its_protocol}`, or send to port \
         {its_port}"
    )]
    OtherProtocolsPort {
        /// The endpoint.
        endpoint: ShownValue,
        /// Its port.
        port: u16,
        /// The protocol whose port that is.
        its_protocol: &'static str,
        /// The protocol that is spoken.
        protocol: &'static str,
        /// The port of that protocol.
        its_port: u16,
    },
    /// A variable that is nearly one of ours. A warning.
    #[error("`{variable}` is not a variable of ours and has no effect; did you mean `{meant}`?")]
    NearlyOurs {
        /// The variable, or the place in a shared file and the key there.
        variable: String,
        /// The one it is near to.
        meant: String,
    },
    /// A variable that has no effect next to the others. A warning.
    #[error("`{variable}` has no effect: {because}")]
    NoEffect {
        /// The variable.
        variable: String,
        /// Why, and what would give it one.
        because: &'static str,
    },
    /// A batch larger than the queue that it is taken from.
    #[error(
        "`{variable}` is {batch}, but a batch can't be larger than the queue, {queue} (see \
         `{queue_variable}`); {queue} is used"
    )]
    BatchOverQueue {
        /// The batch's variable, or the builder's method.
        variable: &'static str,
        /// The queue's variable, or the builder's method.
        queue_variable: &'static str,
        /// The size that was asked for.
        batch: usize,
        /// The queue's size.
        queue: usize,
    },
}

impl Problem {
    /// Whether everything asked for is done, and the problem only points at something that may not be meant.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        match self {
            Self::Remark { .. }
            | Self::OtherProtocolsPort { .. }
            | Self::NearlyOurs { .. }
            | Self::NoEffect { .. } => true,
            Self::BadValue { .. }
            | Self::NotUnicode { .. }
            | Self::File { .. }
            | Self::Syntax { .. }
            | Self::UnknownKey { .. }
            | Self::FileValue { .. }
            | Self::BatchOverQueue { .. } => false,
        }
    }
}

/// The keys that a table can have.
struct KeysThere<'a>(&'a [&'static str]);

impl fmt::Display for KeysThere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it is no table");
        }
        f.write_str("there are ")?;
        for (at, key) in self.0.iter().enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}`{key}`")?;
        }
        Ok(())
    }
}

/// A variable's value, made fit for a message: short, without control characters, without passwords and queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownValue(Option<String>);

impl ShownValue {
    const LONGEST: usize = 80;

    pub(super) const SECRET: Self = Self(None);

    /// A value that is no secret. Whatever looks like a URL is shown as one, since nobody knows what is put where.
    pub(super) fn new(value: &str) -> Self {
        Self::of(&if value.contains(['@', '?']) || value.contains("://") {
            without_secrets(value)
        } else {
            value.to_owned()
        })
    }

    /// What should be a URL, and is not shown if it is none.
    pub(super) fn url(value: &str) -> Self {
        if value.contains("://") { Self::of(&without_secrets(value)) } else { Self::SECRET }
    }

    fn of(value: &str) -> Self {
        let mut shown: String = value.chars().take(Self::LONGEST).flat_map(char::escape_debug).collect();
        if value.chars().nth(Self::LONGEST).is_some() {
            shown.push('…');
        }
        Self(Some(shown))
    }
}

impl ShownValue {
    /// The value alone; nothing of a secret.
    pub(super) fn text(self) -> String {
        self.0.unwrap_or_default()
    }
}

impl fmt::Display for ShownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => write!(f, "`{value}`, "),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// Whether the value of this variable, or of this key of the file, can't be used.
    pub(super) fn is_about(&self, its_variable: &str, its_key: &str) -> bool {
        match self {
            Self::BadValue { variable, .. } | Self::NotUnicode { variable, .. } => variable == its_variable,
            Self::FileValue { key, .. } => *key == its_key,
            _ => false,
        }
    }
}

/// What is used where a value can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Instead {
    /// The value of another variable.
    Variable(String),
    /// The value in the file.
    File(FilePlace),
    /// What the program's code asked for.
    Code,
    /// The default.
    Default(&'static str),
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}` is used"),
            Self::File(place) => write!(f, "the value at {place} is used"),
            Self::Code => f.write_str("the value set in code is used"),
            Self::Default(default) => write!(f, "the default is used: {default}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_value_is_short_and_on_one_line() {
        let shown = ShownValue::new(&format!("a\n\u{1b}[31m{}", "x".repeat(100))).to_string();
        assert!(shown.starts_with("`a\\n\\u{1b}[31mxxx"), "{shown}");
        assert!(shown.ends_with("x…`, "), "{shown}");
        assert!(shown.len() < 110);
    }

    #[test]
    fn credentials_are_not_shown() {
        for (value, expected) in [
            ("http://me:hunter2@host/", "`http://***@host/`, "),
            ("me:hunter2@host", "`…`, "),
            ("http://me:hun/ter@2@host", "`http://…`, "),
            ("http://host/", "`http://host/`, "),
            ("http://host/?key=hunter2", "`http://host/?…`, "),
        ] {
            assert_eq!(ShownValue::new(value).to_string(), expected);
        }
        assert_eq!(ShownValue::url("Bearer hunter2").to_string(), "");
        assert_eq!(ShownValue::url("http://host/hunter2").to_string(), "`http://host/…`, ");
    }
}
