//! What is measured besides what the program measures, while the telemetry runs.

use std::sync::Arc;

use super::Problem;
use super::own_state::OwnState;
use super::rolling::Rolling;
use crate::config::Config;
use crate::process::{self, ProcessMetrics};
use crate::registry::{Registry, Source};
use crate::span::PipelineHandle;
use crate::tokio_metrics::{self, Runtimes};

/// What keeps the sources: registries don't.
#[derive(Default)]
pub(super) struct Sources {
    kept: Vec<Arc<dyn Source>>,
    pub(super) watches_runtimes: bool,
    pub(super) rolling: Option<Rolling>,
    /// What is on pages for Prometheus, and nowhere else.
    page: Registry,
}

impl Sources {
    /// Adds what is wanted to the default registry. The current runtime is watched.
    pub(super) fn start(config: &Config, problems: &mut Vec<Problem>) -> Self {
        let mut sources = Self::default();
        let measured = config.measured;
        let global = Registry::global();
        if measured.process {
            sources.keep(global, ProcessMetrics::new());
        }
        if measured.build {
            sources.keep(global, process::build_info(&config.resource));
            sources.keep(&sources.page.clone(), process::target_info(&config.resource));
        }
        if measured.runtimes {
            sources.watches_runtimes = true;
            tokio_metrics::watch_current_runtime();
            sources.keep(global, Runtimes::new());
        }
        match measured.recorder {
            Some(false) => {}
            // A global recorder can't be taken back, so what it counts stays in the default registry.
            #[cfg(feature = "metrics")]
            _ => crate::metrics_bridge::install(),
            #[cfg(not(feature = "metrics"))]
            None => {}
            #[cfg(not(feature = "metrics"))]
            Some(true) => {
                problems.push(Problem::Feature { setting: "metrics_recorder", feature: "metrics" });
            }
        }
        // The last, so that the first tick sees all of them.
        if measured.windows {
            match Rolling::start() {
                Ok(rolling) => sources.rolling = Some(rolling),
                Err(error) => problems.push(Problem::Windows(error)),
            }
        }
        sources
    }

    /// What is on pages for Prometheus, and nowhere else.
    #[cfg(feature = "server")]
    pub(super) fn page(&self) -> Registry {
        self.page.clone()
    }

    /// Adds the state of the pipeline.
    pub(super) fn add_own_state(&mut self, pipeline: &PipelineHandle) {
        self.keep(Registry::global(), OwnState(pipeline.clone()));
    }

    fn keep(&mut self, registry: &Registry, source: impl Source + 'static) {
        let source = Arc::new(source);
        registry.add_source(&source);
        self.kept.push(source);
    }
}
