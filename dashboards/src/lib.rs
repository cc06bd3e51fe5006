//! What is made of a service's catalogue: Grafana's dashboards, rules for Prometheus with their tests, and an OpenTelemetry Weaver
//! registry. The command `spanwright` writes them, and the live console of a service has them to download.
//!
//! ```
//! use spanwright_catalog::Catalog;
//! use spanwright_dashboards::alerts::{Bounds, Rules};
//!
//! let catalog = Catalog::from_json(r#"{ "version": 1, "service": { "name": "shop" } }"#)?;
//! let rules = Rules::of(&catalog, &Bounds::default());
//! assert_eq!(rules.alerts(), 2, "of the service, and of an instance, that is gone");
//! # Ok::<(), spanwright_catalog::Unreadable>(())
//! ```

pub mod alerts;
pub mod dashboards;
mod promql;
mod units;
pub mod weaver;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder.
    pub name: String,
    /// What is in it.
    pub text: String,
}
