//! What is logged, how, and where.

use super::Builder;
use crate::config::{self, FileBytes, Filter, JsonKeyList, LogFormat, LogOutput, LogPatterns, LogRotation};

impl Builder {
    /// How log lines look. By default pretty on a terminal, JSON elsewhere.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.code.log_format = Some(format);
        self
    }

    /// The text of a log line, in place of that format. `{timestamp}`, `{level}`, `{target}`, `{message}`, `{fields}`,
    /// `{trace_id}` and `{span_id}` stand for what the event says; outside of a span the ids are empty. A brace is written twice.
    /// What can't be read is a [`Problem`](super::Problem) and ignored.
    ///
    /// ```
    /// let builder = spanwright::Telemetry::builder()
    ///     .log_pattern("{timestamp} [{level}] trace_id={trace_id} span_id={span_id} - {message} {fields}");
    /// ```
    pub fn log_pattern(mut self, pattern: &str) -> Self {
        self.code.log_pattern = self.read::<LogPatterns>("log_pattern", pattern);
        self
    }

    /// Which events are logged, as in `RUST_LOG`: `info,my_crate::db=debug`. `info` by default. A filter that can't
    /// be read is a [`Problem`](super::Problem) and ignored. [`set_filter`](crate::logs::set_filter) changes it later.
    pub fn log_filter(mut self, filter: &str) -> Self {
        self.code.log_filter = self.read::<Filter>("log_filter", filter);
        self
    }

    /// Where log lines are written. To the standard output by default.
    ///
    /// ```
    /// use spanwright::Telemetry;
    /// use spanwright::config::{LogOutput, LogRotation};
    ///
    /// let builder = Telemetry::builder()
    ///     .log_output(LogOutput::File("/var/log/shop/lines.json".into()))
    ///     .log_file_max_bytes(64 << 20)
    ///     .log_file_rotation(LogRotation::Daily)
    ///     .log_file_keep(14);
    /// ```
    pub fn log_output(mut self, output: LogOutput) -> Self {
        self.code.log_output = Some(output);
        self
    }

    /// The most bytes in a file of log lines, from 4,096: a line that would go beyond them begins a new file. No limit by
    /// default. Anything else is a [`Problem`](super::Problem) and ignored.
    pub fn log_file_max_bytes(mut self, bytes: u64) -> Self {
        let parsed = config::parse::<FileBytes>(&bytes.to_string());
        self.code.log_file_max_bytes = self.parsed("log_file_max_bytes", parsed);
        self
    }

    /// When a new file of log lines is begun besides. Never by default.
    pub fn log_file_rotation(mut self, rotation: LogRotation) -> Self {
        self.code.log_file_rotation = Some(rotation);
        self
    }

    /// How many former files of log lines are kept. 5 by default.
    pub fn log_file_keep(mut self, files: usize) -> Self {
        self.code.log_file_keep = Some(files);
        self
    }

    /// What keys of JSON lines are called instead: `target=logger,level=severity`. A list that can't be read is a
    /// [`Problem`](super::Problem) and ignored.
    pub fn log_json_keys(mut self, keys: &str) -> Self {
        self.code.log_json_keys = self.parsed("log_json_keys", config::parse::<JsonKeyList>(keys));
        self
    }

    /// Whether records of the crate `log` are logged as events, where the program sets no logger of its own. They are by
    /// default.
    pub fn log_records(mut self, logged: bool) -> Self {
        self.code.log_records = Some(logged);
        self
    }

    /// Whether a panic is logged, as an event of level `error` and the target `panic`, with its message, its place and the ids
    /// of its span; the panic hook that there is does what it does besides. It is by default.
    pub fn log_panics(mut self, logged: bool) -> Self {
        self.code.log_panics = Some(logged);
        self
    }
}
