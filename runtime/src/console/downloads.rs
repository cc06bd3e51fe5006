//! What can be taken away: dashboards and rules, made of the catalogue as the command `spanwright` makes them, and recordings.

use std::time::{SystemTime, UNIX_EPOCH};

use spanwright_dashboards::alerts::{Bounds, Rules};
use spanwright_dashboards::{File, dashboards};

use super::{Console, tar};
use crate::catalog;

impl Console {
    /// Grafana's dashboards, a file each.
    pub(crate) fn dashboards(&self) -> Vec<u8> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let mut out = Vec::new();
        for File { name, text } in dashboards::files(&catalog::of(self.readings.registries())) {
            tar::append(&mut out, &name, text.as_bytes(), now);
        }
        tar::finish(&mut out);
        out
    }

    /// Prometheus' rules.
    pub(crate) fn alerts(&self) -> String {
        Rules::of(&catalog::of(self.readings.registries()), &Bounds::default()).to_yaml()
    }

    /// What can be taken away now.
    pub(super) fn downloads() -> Vec<&'static str> {
        let mut all = vec!["/catalog", "/console/dashboards.tar", "/console/alerts.yml"];
        if Self::recorder() == Some("flight") {
            all.push("/console/recording?seconds=");
        }
        all
    }

    /// What kind of recorder there is.
    #[cfg(feature = "recorder")]
    pub(super) fn recorder() -> Option<&'static str> {
        let recorder = crate::recorder::RecorderHandle::current()?;
        Some(if recorder.is_flight() { "flight" } else { "stream" })
    }

    /// None without the feature.
    #[cfg(not(feature = "recorder"))]
    pub(super) const fn recorder() -> Option<&'static str> {
        None
    }
}
