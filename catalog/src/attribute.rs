//! The attributes that are declared as constants.

use serde::{Deserialize, Serialize};

use crate::{Place, is_default};

/// An attribute that is declared as a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The key, as OpenTelemetry knows it.
    pub key: String,
    /// The type of its values, as OpenTelemetry calls it: `string`, `int`, `double`, `boolean`.
    #[serde(rename = "type")]
    pub value_type: String,
    /// What it says, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// Values that it may have, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// What is recorded of its values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub redaction: Redaction,
    /// Where it is declared.
    pub place: Place,
}

/// What is recorded of an attribute's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Redaction {
    /// All.
    #[default]
    Shown,
    /// A keyed hash.
    Hashed,
    /// Stars.
    Masked,
    /// Nothing.
    Dropped,
}
