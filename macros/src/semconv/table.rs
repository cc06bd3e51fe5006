//! The registry's table, as text: a line for each key, sorted, so that a key is found without reading the rest.

use super::ValueType;

const TEXT: &str = include_str!("../../semconv/attributes.tsv");

/// What the registry has of one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The key; of a template, what stands before the part that is free.
    pub(super) key: &'static str,
    /// The type of its values; nothing for any.
    pub(super) value: Option<ValueType>,
    /// Whether its values are arrays of those.
    pub(super) is_array: bool,
    /// Whether one more part follows, which is free: `http.request.header.<key>`.
    pub(super) is_template: bool,
    pub(super) deprecation: Deprecation,
}

/// Whether a key should still be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deprecation {
    No,
    /// Another registry of OpenTelemetry's has it now, under the same name.
    Moved,
    /// Others are used instead, with spaces between them.
    Replaced(&'static str),
    /// Nothing is used instead.
    Removed,
}

impl Row {
    /// Whether the key is in use.
    pub(super) fn is_current(&self) -> bool {
        matches!(self.deprecation, Deprecation::No | Deprecation::Moved)
    }

    fn parse(line: &'static str) -> Self {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (key, ty, kind, successors) = (column(), column(), column(), column());
        let template = ty.strip_prefix("template[").and_then(|inner| inner.strip_suffix(']'));
        let values = template.unwrap_or(ty);
        let element = values.strip_suffix("[]");
        Self {
            key,
            value: match element.unwrap_or(values) {
                "boolean" => Some(ValueType::Bool),
                "int" => Some(ValueType::Int),
                "double" => Some(ValueType::Double),
                "string" => Some(ValueType::Str),
                _ => None,
            },
            is_array: element.is_some(),
            is_template: template.is_some(),
            deprecation: match kind {
                "" => Deprecation::No,
                "moved" => Deprecation::Moved,
                "removed" => Deprecation::Removed,
                _ => Deprecation::Replaced(successors),
            },
        }
    }
}

/// The release of the conventions.
pub(super) fn version() -> &'static str {
    let (version, _) = TEXT.split_once('\t').unwrap_or_default();
    version.trim_start_matches('#')
}

/// The row of a key, or of the template that it is made from.
pub(super) fn find(key: &str) -> Option<Row> {
    if let Some(row) = named(key) {
        return (!row.is_template).then_some(row);
    }
    let dots = key.rmatch_indices('.').filter(|(dot, _)| dot + 1 < key.len());
    dots.filter_map(|(dot, _)| named(&key[..dot])).find(|row| row.is_template)
}

/// The row of this very name, be it that of a template.
pub(super) fn named(name: &str) -> Option<Row> {
    from(name).next().filter(|row| row.key == name)
}

/// The rows of a namespace, whose name ends in a dot.
pub(super) fn under(namespace: &str) -> impl Iterator<Item = Row> {
    from(namespace).take_while(move |row| row.key.starts_with(namespace))
}

/// All rows whose keys are not less than `key`, in order: a binary search over places in the text, each of which stands for
/// the line that it is in.
fn from(key: &str) -> impl Iterator<Item = Row> + use<> {
    let (_, rows) = TEXT.split_once('\n').unwrap_or_default();
    let (mut low, mut high) = (0, rows.len());
    while low < high {
        let middle = low.midpoint(high);
        let start = rows[low..middle].rfind('\n').map_or(low, |before| low + before + 1);
        let end = rows[middle..].find('\n').map_or(rows.len(), |at| middle + at + 1);
        let (here, _) = rows[start..end].split_once('\t').unwrap_or_default();
        match here < key {
            true => low = end,
            false => high = start,
        }
    }
    rows[low..].lines().map(Row::parse)
}
