//! The open spans around an event, as their slots have them.

use spanwright_core::context::Context;
use spanwright_core::slots::value::{Value, index};
use spanwright_core::slots::{self, SpanView};

/// The most that are shown; the outermost ones are left out.
const MOST: usize = 32;

/// An open span.
pub(super) struct OpenSpan(SpanView);

/// The open spans that an event is in, the outermost first. Only recorded ones are known, and of those what this process has
/// opened.
pub(super) fn open(context: Context) -> Vec<OpenSpan> {
    let mut open = Vec::new();
    let mut next = context.slot;
    while let Some(view) = slots::view(next).filter(|_| open.len() < MOST) {
        next = view.around;
        let parent = view.start.parent;
        open.push(OpenSpan(view));
        // A slot may be another's by now only if the parent has ended; then its id is another one too.
        if slots::view(next).is_none_or(|around| around.start.span_id != parent) {
            break;
        }
    }
    open.reverse();
    open
}

impl OpenSpan {
    /// Its name; one that it was given later wins over that of its callsite.
    pub(super) fn name(&self) -> &str {
        let given = self.0.fields().filter(|field| field.key.is_none() && field.index == index::NAME);
        let given = given.last().and_then(|field| match field.value {
            Value::Str(name) => Some(name),
            _ => None,
        });
        given.unwrap_or(self.0.start.spec.name)
    }

    /// Its fields, in the order in which they were recorded.
    pub(super) fn for_each_field(&self, mut see: impl FnMut(&str, Value<'_>)) {
        let names = self.0.start.spec.fields;
        for field in self.0.fields() {
            let of_callsite = || names.get(usize::from(field.index)).copied();
            if let Some(name) = field.key.or_else(of_callsite) {
                see(name, field.value);
            }
        }
    }
}
