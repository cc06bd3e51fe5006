//! The labels of a series.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Text;

/// Names and values of labels, in a family's order. The series of a snapshot share one table of them, and a clone has one of
/// its own.
///
/// ```
/// use spanwright::registry::LabelSet;
///
/// let labels = LabelSet::from([("method", "get"), ("code", "200")]);
/// assert_eq!(labels.get("code"), Some("200"));
/// assert!(labels.includes(&[("code", "200")]) && !labels.is(&[("code", "200")]));
/// assert_eq!(labels.iter().next(), Some(("method", "get")));
/// ```
pub struct LabelSet {
    table: Arc<Table>,
    row: u32,
}

/// Labels of several series, row by row, so that a series has no memory of its own for them, and a text stands once.
pub(crate) struct Table {
    names: Arc<[Text]>,
    /// All values of all labels.
    texts: Vec<Text>,
    /// As many for each row as there are names: places in `texts`.
    rows: Vec<u32>,
}

impl Table {
    /// Without rows; `texts` are the values that labels have.
    pub(crate) fn new(names: Arc<[Text]>, texts: Vec<Text>, rows: usize) -> Self {
        Self { rows: Vec::with_capacity(rows * names.len()), names, texts }
    }

    /// Appends a row, with a value for each name: its place in the texts.
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = u32>) {
        self.rows.extend(values);
    }

    /// The labels of each row.
    pub(crate) fn rows(self) -> impl Iterator<Item = LabelSet> {
        let table = Arc::new(self);
        (0..).map(move |row| LabelSet { table: Arc::clone(&table), row })
    }
}

impl LabelSet {
    /// Labels with names that others have too.
    ///
    /// # Panics
    /// Where there are not as many values as names.
    #[must_use]
    pub fn new(names: Arc<[Text]>, values: impl Into<Vec<Text>>) -> Self {
        let values = values.into();
        assert_eq!(names.len(), values.len(), "a value for each of {names:?}");
        let rows = (0..values.len() as u32).collect();
        Self { table: Arc::new(Table { names, texts: values, rows }), row: 0 }
    }

    /// The names. Series of one family share them.
    #[must_use]
    pub fn names(&self) -> &[Text] {
        &self.table.names
    }

    fn values(&self) -> impl ExactSizeIterator<Item = &Text> + Clone {
        let width = self.table.names.len();
        let start = self.row as usize * width;
        self.table.rows[start..start + width].iter().map(|at| &self.table.texts[*at as usize])
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.names().iter().zip(self.values()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of the label with that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(its_name, value)| (its_name == name).then_some(value))
    }

    /// Whether these are the labels, in any order.
    #[must_use]
    pub fn is(&self, labels: &[(&str, &str)]) -> bool {
        self.len() == labels.len() && self.includes(labels)
    }

    /// Whether these are among the labels, in any order.
    #[must_use]
    pub fn includes(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.get(name) == Some(value))
    }

    /// The same, by name.
    pub(crate) fn sorted(&self) -> Self {
        if self.names().is_sorted() {
            return self.clone();
        }
        let mut labels: Vec<(Text, Text)> =
            self.names().iter().cloned().zip(self.values().cloned()).collect();
        labels.sort_unstable();
        labels.into_iter().collect()
    }

    /// The same with another value of one of the labels.
    pub(crate) fn with_value(&self, name: &str, value: &'static str) -> Self {
        let values = self.names().iter().zip(self.values());
        let value_of =
            |(its_name, its): (&Text, &Text)| if **its_name == *name { value.into() } else { its.clone() };
        Self::new(Arc::clone(&self.table.names), values.map(value_of).collect::<Vec<_>>())
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.names.is_empty()
    }
}

/// A clone of one of many rows has a table of its own, so that whoever keeps it keeps no others.
impl Clone for LabelSet {
    fn clone(&self) -> Self {
        if self.table.rows.len() <= self.table.names.len() {
            return Self { table: Arc::clone(&self.table), row: self.row };
        }
        Self::new(Arc::clone(&self.table.names), self.values().cloned().collect::<Vec<_>>())
    }
}

impl PartialEq for LabelSet {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for LabelSet {}

impl PartialOrd for LabelSet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LabelSet {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl Hash for LabelSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|label| label.hash(state));
    }
}

impl Default for LabelSet {
    fn default() -> Self {
        Self::new(Arc::new([]), Vec::new())
    }
}

impl<N: Into<Text>, V: Into<Text>> FromIterator<(N, V)> for LabelSet {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let (names, values): (Vec<Text>, Vec<Text>) =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).unzip();
        Self::new(names.into(), values)
    }
}

impl<N: Into<Text>, V: Into<Text>, const COUNT: usize> From<[(N, V); COUNT]> for LabelSet {
    fn from(labels: [(N, V); COUNT]) -> Self {
        labels.into_iter().collect()
    }
}

impl fmt::Debug for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_table_are_as_labels_of_their_own() {
        let texts = ["1", "2", "3", "4"].map(Text::from).into();
        let mut table = Table::new(Arc::new(["a".into(), "b".into()]), texts, 2);
        table.push([0, 1]);
        table.push([2, 3]);
        let rows: Vec<LabelSet> = table.rows().take(2).collect();
        assert_eq!(rows[1], LabelSet::from([("a", "3"), ("b", "4")]));
        assert_ne!(rows[0], rows[1]);
        let kept = rows[1].clone();
        assert_eq!((kept.get("b"), kept.table.texts.len()), (Some("4"), 2), "and keeps nothing else");
        drop(rows);
        assert_eq!(kept.clone(), kept);
        let mut set = std::collections::HashSet::from([kept.clone()]);
        assert!(!set.insert(LabelSet::from([("a", "3"), ("b", "4")])));
        let sorted = LabelSet::from([("b", "4"), ("a", "3")]).sorted();
        assert_eq!(sorted, kept);
    }
}
