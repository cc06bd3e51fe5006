//! The attributes of a registry: those that are declared, the labels of metrics, and what else spans have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use spanwright_catalog::{Attribute, Catalog, Label, Redaction, Values};

use super::{STABILITY, identifier, is_key, or};
use crate::alerts::yaml::scalar;

/// The attribute of all spans, since Weaver has no group without one.
pub(crate) const OF_ALL_SPANS: &str = "code.file.path";

/// All attributes, by key.
#[derive(Debug)]
pub(crate) struct Attributes(BTreeMap<String, Definition>);

/// What is known of an attribute.
#[derive(Debug, Default)]
struct Definition {
    brief: String,
    note: &'static str,
    /// OpenTelemetry's name of the type.
    value_type: String,
    examples: Vec<String>,
    /// The values, where all are known.
    members: Option<Vec<String>>,
}

/// The attribute that a label stands for.
pub(crate) fn key(label: &Label) -> &str {
    if label.attribute.is_empty() { &label.name } else { &label.attribute }
}

impl Attributes {
    /// Collects them.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let mut all: BTreeMap<String, Definition> = BTreeMap::new();
        for Attribute { key, value_type, help, examples, redaction, .. } in &catalog.attributes {
            let definition = all.entry(key.clone()).or_default();
            definition.brief.clone_from(help);
            definition.value_type.clone_from(value_type);
            definition.examples.clone_from(examples);
            definition.note = note(*redaction);
        }
        let declared: BTreeSet<String> = all.keys().cloned().collect();
        for label in catalog.metrics.iter().flat_map(|metric| &metric.labels) {
            let definition = all.entry(key(label).to_owned()).or_default();
            if definition.brief.is_empty() {
                definition.brief.clone_from(&label.help);
            }
            if !declared.contains(key(label)) {
                definition.add_values(&label.values);
            }
        }
        for key in catalog.spans.iter().flat_map(|span| &span.attributes) {
            all.entry(key.clone()).or_default();
        }
        if !catalog.spans.is_empty() {
            let file = all.entry(OF_ALL_SPANS.to_owned()).or_default();
            if file.brief.is_empty() {
                "The source file of the function.".clone_into(&mut file.brief);
            }
        }
        all.retain(|key, _| is_key(key));
        Self(all)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items of the list.
    pub(crate) fn yaml(&self) -> String {
        self.0.iter().map(|(key, definition)| definition.yaml(key)).collect()
    }
}

impl Definition {
    /// Takes in the values that a label has. Where one metric's label takes any text, so does the attribute.
    fn add_values(&mut self, values: &Values) {
        let is_first = self.value_type.is_empty();
        "string".clone_into(&mut self.value_type);
        match values {
            Values::Text { .. } => self.members = None,
            Values::Known(values) if is_first => self.members = Some(values.clone()),
            Values::Known(values) => {
                if let Some(members) = &mut self.members {
                    let new: Vec<String> =
                        values.iter().filter(|value| !members.contains(value)).cloned().collect();
                    members.extend(new);
                }
            }
        }
    }

    fn yaml(&self, key: &str) -> String {
        let mut text = format!("      - id: {}\n", scalar(key, 10));
        match self.members.as_deref() {
            Some(members) if !members.is_empty() => {
                let _ = write!(text, "        type:\n          members:\n{}", self::members(members));
            }
            _ => {
                let value_type = value_type(&self.value_type);
                let _ = writeln!(text, "        type: {}", scalar(value_type, 10));
                text.push_str(&self.examples(value_type));
            }
        }
        let _ = writeln!(text, "        stability: {STABILITY}");
        let _ = writeln!(text, "        brief: {}", scalar(or(&self.brief, key), 10));
        if !self.note.is_empty() {
            let _ = writeln!(text, "        note: {}", scalar(self.note, 10));
        }
        text
    }

    /// Values of the attribute's type.
    fn examples(&self, value_type: &str) -> String {
        let written = self.examples.iter().filter_map(|example| match value_type {
            "string" => Some(quoted(example)),
            "int" => example.parse::<i64>().ok().map(|number| number.to_string()),
            // A whole number is none of this type.
            "double" => example
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| format!("{number:?}")),
            "boolean" => example.parse::<bool>().ok().map(|truth| truth.to_string()),
            _ => None,
        });
        let written: Vec<String> = written.collect();
        match (written.as_slice(), value_type) {
            ([], _) => String::new(),
            (written, _) => format!("        examples: [{}]\n", written.join(", ")),
        }
    }
}

/// The members of an enumeration, with ids that are identifiers.
fn members(values: &[String]) -> String {
    let mut ids = BTreeSet::new();
    let mut text = String::new();
    for value in values {
        let mut id = identifier(value);
        while !ids.insert(id.clone()) {
            id.push('_');
        }
        let id = scalar(&id, 16);
        let _ = write!(
            text,
            "            - id: {id}\n              value: {}\n              stability: {STABILITY}\n",
            quoted(value)
        );
        let _ = writeln!(text, "              brief: {}", quoted(value));
    }
    text
}

/// Text in a list or for a value, where a number would be one.
fn quoted(text: &str) -> String {
    crate::alerts::yaml::escaped(text)
}

/// What Weaver knows; whatever else there is can be written as text.
fn value_type(value_type: &str) -> &str {
    const KNOWN: [&str; 8] =
        ["string", "int", "double", "boolean", "string[]", "int[]", "double[]", "boolean[]"];
    if KNOWN.contains(&value_type) { value_type } else { "string" }
}

const fn note(redaction: Redaction) -> &'static str {
    match redaction {
        Redaction::Shown => "",
        Redaction::Hashed => "A keyed hash of the value is recorded.",
        Redaction::Masked => "Stars are recorded in the place of the value.",
        Redaction::Dropped => "The value is not recorded.",
    }
}
