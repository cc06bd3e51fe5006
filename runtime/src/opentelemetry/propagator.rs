//! Our propagation, for those who ask the `opentelemetry` API's propagators.

use opentelemetry::Context as TheirContext;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use spanwright_core::context::Context;

use super::convert;
use super::current::{Ours, newest_in};
use crate::propagation;

/// The formats of [`propagation`], as `OTEL_PROPAGATORS` says, for crates that inject and extract by way of the `opentelemetry`
/// API:
///
/// ```
/// opentelemetry::global::set_text_map_propagator(spanwright::opentelemetry::Propagator::new());
/// ```
///
/// Baggage that is extracted is [ours](propagation::Baggage); theirs is another one, and is not injected.
#[derive(Debug)]
pub struct Propagator {
    fields: Vec<String>,
}

impl Propagator {
    /// The propagator. What is spoken is asked for each time, but the names of the headers, which are those of now.
    #[must_use]
    pub fn new() -> Self {
        Self { fields: propagation::header_names().map(str::to_owned).collect() }
    }
}

impl Default for Propagator {
    fn default() -> Self {
        Self::new()
    }
}

/// Headers of theirs.
struct Theirs<'a>(&'a dyn Extractor);

impl propagation::Extractor for Theirs<'_> {
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
        self.0.get_all(name).into_iter().flatten().for_each(each);
    }

    fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        for name in self.0.keys() {
            self.0.get_all(name).into_iter().flatten().for_each(|value| each(name, value));
        }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, theirs: &TheirContext, injector: &mut dyn Injector) {
        let context = newest_in(theirs, Context::here());
        let mut headers = propagation::setter(|name: &str, value: String| injector.set(name, value));
        propagation::inject_context(context, &mut headers);
    }

    fn extract_with_context(&self, theirs: &TheirContext, extractor: &dyn Extractor) -> TheirContext {
        let remote = propagation::extract(&Theirs(extractor));
        if !remote.span_id.is_some() {
            return theirs.clone();
        }
        theirs.with_value(Ours::new(remote)).with_remote_span_context(convert::span_context(remote))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}
