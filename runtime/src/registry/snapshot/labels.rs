//! The labels of a series.

use std::fmt;
use std::sync::Arc;

use super::Text;

/// Names and values of labels, in a family's order. The names are the family's, and shared.
///
/// ```
/// use spanwright::registry::LabelSet;
///
/// let labels = LabelSet::from([("method", "get"), ("code", "200")]);
/// assert_eq!(labels.get("code"), Some("200"));
/// assert!(labels.includes(&[("code", "200")]) && !labels.is(&[("code", "200")]));
/// assert_eq!(labels.iter().next(), Some(("method", "get")));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSet {
    names: Arc<[Text]>,
    /// As many as there are names.
    values: Box<[Text]>,
}

impl LabelSet {
    /// Labels with names that others have too.
    ///
    /// # Panics
    /// Where there are not as many values as names.
    #[must_use]
    pub fn new(names: Arc<[Text]>, values: impl Into<Box<[Text]>>) -> Self {
        let values = values.into();
        assert_eq!(names.len(), values.len(), "a value for each of {names:?}");
        Self { names, values }
    }

    /// The names. Series of one family share them.
    #[must_use]
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.names.iter().zip(&self.values).map(|(name, value)| (name.as_str(), value.as_str()))
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
        if self.names.is_sorted() {
            return self.clone();
        }
        let mut labels: Vec<(Text, Text)> =
            self.names.iter().cloned().zip(self.values.iter().cloned()).collect();
        labels.sort_unstable();
        labels.into_iter().collect()
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl Default for LabelSet {
    fn default() -> Self {
        Self { names: Arc::new([]), values: Box::new([]) }
    }
}

impl<N: Into<Text>, V: Into<Text>> FromIterator<(N, V)> for LabelSet {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let (names, values): (Vec<Text>, Vec<Text>) =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).unzip();
        Self { names: names.into(), values: values.into() }
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
