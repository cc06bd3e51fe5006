//! `eventflux.toml`: how the processor is run, and how it logs. Everything else about telemetry is Spanwright's own file, or the
//! environment, which wins over this.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::engine::EngineSettings;

/// What the file says, and what is so where it says nothing.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[logging]`
    pub logging: Logging,
    /// `[service]`
    pub service: Service,
    /// `[shutdown]`
    pub shutdown: Shutdown,
    /// `[engine]`
    pub engine: Engine,
}

/// How it logs.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// `level`: what is logged, `"info"`, or as in `RUST_LOG`, `"info,eventflux::query=debug"`.
    pub level: String,
    /// `format`: `"json"`, or `"pretty"` for people. By default what suits the output.
    pub format: Option<Format>,
    /// `output`: `"stdout"`, or a file's path.
    pub output: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For machines.
    Json,
    /// For people.
    Pretty,
}

/// What it says of itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// `environment`: where it runs.
    pub environment: Environment,
}

/// Where it runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For real.
    Production,
    /// Nearly so.
    Staging,
    /// On somebody's desk.
    #[default]
    Dev,
}

impl Environment {
    const ALL: [(&'static str, Self); 3] =
        [("production", Self::Production), ("staging", Self::Staging), ("dev", Self::Dev)];

    /// As `deployment.environment` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

impl std::str::FromStr for Environment {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, one)| one).ok_or_else(|| ConfigError::Environment(text.to_owned()))
    }
}

/// How it ends.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Shutdown {
    /// `drain_seconds`: how long it goes on after SIGTERM, not ready, before its queries stop.
    pub drain_seconds: u32,
}

impl Shutdown {
    /// The same as a duration.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }
}

/// How it works.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    /// `buffer_events`: how many events wait for each query, at most.
    pub buffer_events: usize,
    /// `state_limit_mb`: how much all windows, joins and groups may take, in MiB.
    pub state_limit_mb: usize,
    /// `sql`: a file with streams, sinks and queries, in place of those that are built in.
    pub sql: Option<PathBuf>,
}

impl Engine {
    /// The same as the engine takes it.
    #[must_use]
    pub fn settings(&self) -> EngineSettings {
        let state_limit_bytes = self.state_limit_mb.saturating_mul(1 << 20);
        EngineSettings { buffer_events: self.buffer_events, state_limit_bytes }
    }
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: None, output: "stdout".to_owned() }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain_seconds: 5 }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self { buffer_events: 1024, state_limit_mb: 64, sql: None }
    }
}

/// What is wrong with the file.
#[derive(Debug)]
pub enum ConfigError {
    /// It can't be read.
    Read(PathBuf, std::io::Error),
    /// It is no TOML, or has something that is not known.
    Toml(PathBuf, Box<toml::de::Error>),
    /// There is no such environment.
    Environment(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "`{}` can't be read: {error}", path.display()),
            Self::Toml(path, error) => write!(f, "`{}`: {error}", path.display()),
            Self::Environment(text) => {
                write!(
                    f,
                    "there is no environment `{}`; there are `production`, `staging` and `dev`",
                    text.escape_debug()
                )
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it can't be read, or says what is not known: with its line, and what may stand there.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Toml(path.to_owned(), Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_shown_says_what_is_so_anyway() {
        let shown: Config = toml::from_str(include_str!("../../eventflux.toml")).unwrap();
        let logging = Logging { format: Some(Format::Json), ..Logging::default() };
        assert_eq!(shown, Config { logging, ..Config::default() });
        assert_eq!(Config::default().shutdown.drain(), Duration::from_secs(5));
    }

    #[test]
    fn what_is_not_known_is_named_with_what_may_stand_there() {
        for (text, message) in [
            ("[logging]\nlevl = 'info'", "unknown field `levl`, expected one of `level`, `format`, `output`"),
            ("[logging]\nformat = 'xml'", "unknown variant `xml`, expected `json` or `pretty`"),
            ("[service]\nenvironment = 'prod'", "expected one of `production`, `staging`, `dev`"),
            ("[shutdown]\ndrain_seconds = -1", "line 2, column 17"),
        ] {
            let error = toml::from_str::<Config>(text).expect_err(text).to_string();
            assert!(error.contains(message), "{error}");
        }
        let error = "prod".parse::<Environment>().expect_err("there is none").to_string();
        assert!(error.contains("there are `production`, `staging` and `dev`"), "{error}");
    }
}
