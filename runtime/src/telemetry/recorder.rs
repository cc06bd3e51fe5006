//! The recorder that configuration asks for, or the program.

use super::{Builder, Guard, Problem};
use crate::config::Config;
#[cfg(feature = "recorder")]
use crate::config::{RecorderConfig, RecorderSignal, StoreAddress};
#[cfg(feature = "recorder")]
use crate::recorder::{Recorder, RotatingWriter};

#[cfg(feature = "recorder")]
impl Builder {
    /// A recorder of one's own making, where no file is [configured](crate::config). What the configuration says besides holds for
    /// it too.
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Writes a [recording](crate::recorder) into files of this name, numbered before its extension, of 64 MiB, and of 1 GiB all
    /// together; the configuration may say otherwise. None by default.
    pub fn recorder_path(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.code.recorder_path = Some(path.into());
        self
    }

    /// Uploads finished files of [`recorder_path`](Self::recorder_path) to this store: `s3://bucket/prefix`. Keys come from the
    /// environment, as `AWS_ACCESS_KEY_ID`. What is no such address is a [`Problem`] and ignored. Needs the feature `object_store`.
    pub fn recorder_store(mut self, address: &str) -> Self {
        self.code.recorder_store = self.read::<StoreAddress>("recorder_store", address);
        self
    }
}

impl Builder {
    /// Whether there is to be a recorder.
    #[cfg(feature = "recorder")]
    pub(super) fn wants_recorder(&self, config: &Config) -> bool {
        self.recorder.is_some() || config.recorder.path.is_some()
    }

    /// Starts the recorder, where there is to be one.
    pub(super) fn start_recorder(&mut self, config: &Config, guard: &mut Guard) {
        #[cfg(feature = "recorder")]
        let recorder = self.recorder_of(config, &mut guard.problems);
        #[cfg(feature = "recorder")]
        if let (None, None, Some(asked)) = (&recorder, &config.recorder.path, config.recorder.asked()) {
            let variable = format!("{}_RECORDER_{asked}", self.prefix);
            let because =
                "nothing is recorded; set `RECORDER_PATH`, after the prefix, or `recorder.path` in the file";
            guard.problems.push(crate::config::Problem::NoEffect { variable, because }.into());
        }
        #[cfg(feature = "recorder")]
        if let Some(recorder) = recorder {
            let version = config.resource("service.version").unwrap_or_default();
            let service = config.resource("service.name").unwrap_or_default();
            match config.recorder.apply(recorder).service(service, version).start() {
                Ok(recorder) => guard.recorder = Some(recorder),
                Err(error) => guard.problems.push(Problem::Recorder(error.to_string())),
            }
        }
        #[cfg(not(feature = "recorder"))]
        if config.recorder.path.is_some() {
            guard.problems.push(Problem::Feature { setting: "recorder_path", feature: "recorder" });
        }
    }

    #[cfg(feature = "recorder")]
    fn recorder_of(&mut self, config: &Config, problems: &mut Vec<Problem>) -> Option<Recorder> {
        let own = self.recorder.take();
        let settings = &config.recorder;
        let Some(path) = &settings.path else { return own };
        let (file, total) = (settings.file_bytes.min(settings.total_bytes), settings.total_bytes);
        let failed = |error| Problem::Recorder(format!("{}: {error}", path.display()));
        let files = RotatingWriter::new(path, file, total).map(|files| match settings.file_time {
            Some(time) => files.every(time),
            None => files,
        });
        match files.map_err(failed).and_then(|files| self.uploaded(files, config, problems).map_err(failed)) {
            Ok(recorder) => Some(recorder),
            Err(problem) => {
                problems.push(problem);
                own
            }
        }
    }

    /// The recorder that writes these files, which are uploaded where a store is configured.
    ///
    /// # Errors
    /// When the uploads' thread can't be started.
    #[cfg(feature = "object_store")]
    fn uploaded(
        &self,
        files: RotatingWriter,
        config: &Config,
        problems: &mut Vec<Problem>,
    ) -> std::io::Result<Recorder> {
        let Some(store) = &config.recorder.store else { return Ok(Recorder::new(files)) };
        match store.destination(config.resource("service.name").unwrap_or_default()) {
            Ok(to) => Ok(Recorder::new(crate::recorder::ObjectStoreWriter::new(files, to)?)),
            Err(error) => {
                let (prefix, reason) = (self.prefix.clone(), error.to_string());
                problems.push(Problem::RecorderStore { address: store.address.clone(), prefix, reason });
                Ok(Recorder::new(files))
            }
        }
    }

    /// The recorder that writes these files, and that uploads are not in this build where they are configured.
    #[cfg(all(feature = "recorder", not(feature = "object_store")))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "with the feature it uses both")]
    fn uploaded(
        &self,
        files: RotatingWriter,
        config: &Config,
        problems: &mut Vec<Problem>,
    ) -> std::io::Result<Recorder> {
        if config.recorder.store.is_some() {
            problems.push(Problem::Feature { setting: "recorder_store", feature: "object_store" });
        }
        Ok(Recorder::new(files))
    }
}

#[cfg(feature = "object_store")]
impl crate::config::RecorderStore {
    /// The store, by this address and the variables of its own.
    fn destination(&self, service: &str) -> std::io::Result<crate::recorder::Destination> {
        let mut settings = Vec::new();
        let mut set = |key: &str, value: &str| settings.push((key.to_owned(), value.to_owned()));
        // What they mean to no other store was said when the configuration was read.
        if self.address.starts_with("s3://") {
            if let Some(endpoint) = self.endpoint.as_ref().map(|endpoint| endpoint.as_str()) {
                set("aws_endpoint", endpoint);
                // Whoever writes it wants it.
                if endpoint.starts_with("http://") {
                    set("aws_allow_http", "true");
                }
            }
            if let Some(region) = &self.region {
                set("aws_region", region);
            }
        }
        let destination = crate::recorder::Destination::from_url(&self.address, settings)?;
        Ok(destination.service(service).host(&crate::recorder::identity::host()))
    }
}

#[cfg(feature = "recorder")]
impl RecorderConfig {
    /// The end of the name of a variable that is set by nobody who wants no recorder.
    fn asked(&self) -> Option<&'static str> {
        let set = [
            ("FLIGHT", self.flight.is_some()),
            ("LONG_POLL", self.long_poll.is_some()),
            ("QUEUE_DEPTH", self.queue_depth.is_some()),
            ("STARVATION", self.starvation.is_some()),
            ("TASK_DUMPS", self.task_dumps.is_some()),
            ("SIGNAL", self.signal.is_some()),
        ];
        set.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name)
    }

    /// The recorder, with what is configured.
    fn apply(&self, mut recorder: Recorder) -> Recorder {
        if let Some(time) = self.flight {
            recorder = recorder.flight(time, usize::try_from(self.flight_bytes).unwrap_or(usize::MAX));
        }
        if let Some(quiet) = self.quiet {
            recorder = recorder.quiet(quiet);
        }
        if let Some(bound) = self.long_poll {
            recorder = recorder.long_poll(bound);
        }
        if let Some(bound) = self.queue_depth {
            recorder = recorder.queue_depth(bound as u64);
        }
        if let Some(bound) = self.starvation {
            recorder = recorder.starvation(bound);
        }
        if let Some(watched) = self.panics {
            recorder = recorder.panics(watched);
        }
        if let Some(signal) = self.signal {
            recorder = recorder.signal(signal.number());
        }
        recorder = self.apply_memory(recorder);
        if let Some(waited) = self.task_dumps {
            recorder = recorder.task_dumps(waited);
        }
        if self.enabled { recorder } else { recorder.enabled(false) }
    }

    /// What is about memory, and about what waits there.
    fn apply_memory(&self, mut recorder: Recorder) -> Recorder {
        if let Some(time) = self.sample {
            recorder = recorder.sample_every(time);
        }
        if let Some(delay) = self.delay {
            recorder = recorder.delay(delay);
        }
        if let Some(bytes) = self.queue_bytes {
            recorder = recorder.queue_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        if self.recovery == Some(false) {
            return recorder.without_recovery();
        }
        if let Some(folder) = &self.memory_folder {
            recorder = recorder.recover_in(folder);
        }
        match &self.recover_as {
            Some(key) => recorder.recover_as(key),
            None => recorder,
        }
    }
}

#[cfg(feature = "recorder")]
impl RecorderSignal {
    /// The system's number for it.
    const fn number(self) -> i32 {
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
            match self {
                Self::User1 => SIGUSR1,
                Self::User2 => SIGUSR2,
                Self::HangUp => SIGHUP,
                Self::Quit => SIGQUIT,
            }
        }
        #[cfg(not(unix))]
        {
            let _ = self;
            0
        }
    }
}

impl Guard {
    /// The recorder; nothing where there is [none](Builder::recorder_path).
    #[cfg(feature = "recorder")]
    #[must_use]
    pub fn recorder(&self) -> Option<crate::recorder::RecorderHandle> {
        self.recorder.as_ref().map(crate::recorder::RecorderGuard::handle)
    }
}

#[cfg(all(test, feature = "object_store"))]
mod tests;
