//! What is worth keeping what came before it.

use std::borrow::Cow;

use spanwright_recording::event::{self as out, Field, SpanId, TaskId};

/// Something has happened.
#[derive(Clone, Debug)]
pub(super) struct Trigger {
    /// What it is called.
    pub(super) why: Cow<'static, str>,
    /// The thread that it is about; zero for none.
    pub(super) thread: u32,
    /// The task; zero for none.
    pub(super) task: u64,
    /// The span.
    pub(super) span: Option<[u8; 8]>,
    /// More of it.
    pub(super) fields: Vec<Field<'static>>,
}

impl Trigger {
    /// Of nothing but its name.
    pub(super) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), thread: 0, task: 0, span: None, fields: Vec::new() }
    }

    /// With one more field.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<out::Value<'static>>) -> Self {
        self.fields.push(Field::new(key, value));
        self
    }

    /// As it is recorded.
    pub(super) fn event(&self) -> out::Trigger<'_> {
        out::Trigger {
            why: (&*self.why).into(),
            task: (self.task != 0).then(|| TaskId::new(self.task)),
            span: self.span.map(SpanId),
            fields: Cow::Borrowed(&self.fields),
        }
    }
}
