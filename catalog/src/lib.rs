//! The catalogue: everything that a binary instrumented with Spanwright can emit, as data.
//!
//! A running service answers with it at `/catalog`, and `spanwright catalog` writes it down; dashboards, alerts, documents and
//! comparisons are made from it. As JSON it looks like this:
//!
//! ```
//! use spanwright_catalog::{Catalog, Kind};
//!
//! let catalog = Catalog::from_json(
//!     r#"{
//!         "version": 1,
//!         "metrics": [{ "name": "shop_orders_total", "kind": "counter", "help": "Orders that were placed." }]
//!     }"#,
//! )?;
//! assert_eq!(catalog.metrics[0].kind, Kind::Counter);
//! # Ok::<(), spanwright_catalog::Unreadable>(())
//! ```
//!
//! What is not known is left out; what a newer version has added is passed over. All lists are sorted by name, so that two
//! catalogues of the same code are the same text.

mod alert;
mod attribute;
pub mod binary;
mod derived;
mod metric;
mod objective;
mod span;

use serde::{Deserialize, Serialize};

pub use alert::{Alert, Comparison, Condition, Severity};
pub use attribute::{Attribute, Redaction};
pub use derived::Derived;
pub use metric::{Buckets, Kind, Label, Metric, Panel, PanelKind, Threshold, Values};
pub use objective::{Indicator, Objective};
pub use span::{Calls, Span};

/// The version of the format that this package writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// Everything that a binary can emit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalog {
    /// The version of the format.
    pub version: u32,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Service::is_unknown")]
    pub service: Service,
    /// The annotated functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
    /// The metrics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// The metrics that recording rules make of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<Derived>,
    /// The attributes that are declared as constants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// Whose catalogue it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// `service.name`, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `service.version`, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

impl Service {
    fn is_unknown(&self) -> bool {
        self.name.is_empty() && self.version.is_empty()
    }
}

/// Where something is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The module's path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub module: String,
    /// The source file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub line: u32,
}

/// Why a text is no catalogue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is no JSON, or not of this shape.
    #[error("this is no catalogue: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A newer version has written it.
    #[error(
        "this catalogue has version {found}, and the newest that can be read is {VERSION}: take a newer `spanwright`"
    )]
    Newer {
        /// Its version.
        found: u64,
    },
    /// It is a binary that describes nothing.
    #[error(
        "nothing in it is described: build it with the feature `telemetry` of spanwright, and with annotated functions or metrics"
    )]
    NoRecords,
    /// It is a binary that a newer version describes.
    #[error(
        "its description has version {found}, and the newest that can be read is {newest}: take a newer `spanwright`",
        newest = spanwright_core::catalog::VERSION
    )]
    NewerRecords {
        /// Its version.
        found: u64,
    },
}

impl Catalog {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { version: VERSION, ..Self::default() }
    }

    /// Reads what [`to_json`](Self::to_json), or a service's `/catalog`, has written.
    ///
    /// # Errors
    ///
    /// A text that is none, or one of a newer version.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        /// The version is asked first, so that what is newer is not called malformed.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }

        let Versioned { version } = serde_json::from_str(text)?;
        if version > VERSION {
            return Err(Unreadable::Newer { found: version.into() });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The catalogue as JSON, a line for each value, ended by a newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Sorts all lists, and leaves out what is there twice.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.spans.sort_by(|one, other| one.order().cmp(&other.order()));
        self.spans.dedup();
        self.metrics.sort_by(|one, other| one.name.cmp(&other.name));
        self.metrics.dedup();
        self.derived.sort_by(|one, other| one.name.cmp(&other.name));
        self.derived.dedup();
        self.attributes.sort_by(|one, other| one.key.cmp(&other.key));
        self.attributes.dedup();
        self
    }

    /// The metric of that Prometheus name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

/// For fields that are left out where they say nothing.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
