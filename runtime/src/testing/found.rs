//! What a question finds, and what can be said of it. Each assertion shows what there is where it fails.

use std::ops::Deref;

use crate::registry::Value;
use crate::span::{AttributeValue, EventData, Level, Outcome, SpanData};

/// A span that a test has recorded: [`SpanData`], and assertions, each of which gives the span back.
#[derive(Clone, Debug)]
pub struct CapturedSpan {
    parent_name: Option<String>,
    data: SpanData,
}

impl CapturedSpan {
    pub(super) fn new(parent_name: Option<String>, data: SpanData) -> Self {
        Self { parent_name, data }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        value(&self.data.attributes, key)
    }

    /// Asserts an attribute.
    ///
    /// # Panics
    /// Where it is missing, or another.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "an assertion stands alone")]
    pub fn has(&self, key: &str, expected: impl Into<AttributeValue>) -> &Self {
        assert_has(&format!("span `{}`", self.data.name), &self.data.attributes, key, &expected.into());
        self
    }

    /// Asserts that there is no such attribute.
    ///
    /// # Panics
    /// Where there is.
    #[track_caller]
    pub fn has_no(&self, key: &str) -> &Self {
        if let Some(value) = self.attribute(key) {
            panic!("span `{}` has the attribute `{key}`: {value:?}", self.data.name);
        }
        self
    }

    /// Asserts how the call ended.
    ///
    /// # Panics
    /// Where it ended otherwise.
    #[track_caller]
    pub fn ended(&self, expected: Outcome) -> &Self {
        let (name, found) = (&self.data.name, self.data.outcome);
        assert!(
            found == expected,
            "span `{name}` ended as {found:?}, not as {expected:?}; its error is {:?}",
            self.data.error
        );
        self
    }

    /// Asserts that the call ended well.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        self.ended(Outcome::Ok)
    }

    /// Asserts that the call ended with an error.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn failed(&self) -> &Self {
        self.ended(Outcome::Error)
    }

    /// Asserts the name of the span around it.
    ///
    /// # Panics
    /// Where it is another one, or where there is none.
    #[track_caller]
    pub fn is_in(&self, parent: &str) -> &Self {
        let name = &self.data.name;
        match self.parent_name.as_deref() {
            Some(found) => assert!(found == parent, "span `{name}` is in `{found}`, not in `{parent}`"),
            None => panic!("span `{name}` is in no span of the test that has ended, and not in `{parent}`"),
        }
        self
    }
}

impl Deref for CapturedSpan {
    type Target = SpanData;

    fn deref(&self) -> &SpanData {
        &self.data
    }
}

/// An event that a test has recorded: [`EventData`], and assertions, each of which gives the event back.
#[derive(Clone, Debug)]
pub struct CapturedEvent(EventData);

impl CapturedEvent {
    pub(super) fn new(data: EventData) -> Self {
        Self(data)
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        value(&self.0.attributes, key)
    }

    /// Asserts an attribute.
    ///
    /// # Panics
    /// Where it is missing, or another.
    #[track_caller]
    pub fn has(&self, key: &str, expected: impl Into<AttributeValue>) -> &Self {
        assert_has(&format!("event {:?}", self.0.message), &self.0.attributes, key, &expected.into());
        self
    }

    /// Asserts the level.
    ///
    /// # Panics
    /// Where it is another.
    #[track_caller]
    pub fn is_at(&self, expected: Level) -> &Self {
        let (message, found) = (&self.0.message, self.0.level.as_str());
        assert!(
            self.0.level == expected,
            "event {message:?} is at level {found}, not at {}",
            expected.as_str()
        );
        self
    }
}

impl Deref for CapturedEvent {
    type Target = EventData;

    fn deref(&self) -> &EventData {
        &self.0
    }
}

/// What a series holds for a test.
#[derive(Clone, Debug)]
pub struct CapturedMetric {
    name: String,
    value: Value,
}

impl CapturedMetric {
    pub(super) fn new(name: &str, value: Value) -> Self {
        Self { name: name.to_owned(), value }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// How many observations a histogram has.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match &self.value {
            Value::Histogram(histogram) => Some(histogram.count()),
            Value::NativeHistogram(histogram) => Some(histogram.count()),
            _ => None,
        }
    }

    /// Asserts the number that a counter or a gauge is at, or how many observations a histogram has.
    ///
    /// # Panics
    /// Where it is another.
    #[track_caller]
    pub fn is(&self, expected: f64) {
        let found = self.value.number().or_else(|| self.count().map(|count| count as f64));
        assert!(found == Some(expected), "`{}` is {:?}, not {expected}", self.name, self.value);
    }
}

fn value<'a, K: AsRef<str>>(attributes: &'a [(K, AttributeValue)], key: &str) -> Option<&'a AttributeValue> {
    attributes.iter().find(|(its_key, _)| its_key.as_ref() == key).map(|(_, value)| value)
}

#[track_caller]
fn assert_has<K: AsRef<str> + std::fmt::Debug>(
    whose: &str,
    attributes: &[(K, AttributeValue)],
    key: &str,
    expected: &AttributeValue,
) {
    match value(attributes, key) {
        Some(found) => assert!(found == expected, "{whose} has `{key}` = {found:?}, not {expected:?}"),
        None => panic!("{whose} has no attribute `{key}`; it has {attributes:?}"),
    }
}
