//! The provider and its tracers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use opentelemetry::trace::{SpanBuilder, TracerProvider};
use opentelemetry::{Context as TheirContext, InstrumentationScope};
use spanwright_core::clock::Wall;
use spanwright_core::context::Context;
use spanwright_core::descriptor::{Level, SpanKind, Spec};
use spanwright_core::segment::definitions;
use spanwright_core::slots::value::{FieldWriter, Value, index};

use super::current::{newest_in, span_context_in};
use super::span::{Span, kind_of, ticks_of, write_attribute, write_link};
use crate::span;

/// The most scopes that are told apart by a description of their own.
const MAX_SPECS: usize = 1_024;

/// Described once for each scope, and kept for good.
static SPECS: RwLock<BTreeMap<&str, &'static Spec>> = RwLock::new(BTreeMap::new());
/// The description of all scopes beyond: these spans say their scope themselves.
static SHARED: Spec = Spec::of_target("");

/// Makes tracers whose spans are recorded by us.
#[derive(Debug)]
pub(super) struct Provider;

impl TracerProvider for Provider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        let name = scope.name();
        match spec_of(name) {
            Some(spec) => Tracer { spec, scope: Cow::Borrowed(spec.target) },
            None => Tracer { spec: &SHARED, scope: Cow::Owned(name.to_owned()) },
        }
    }
}

/// Opens spans in slots of ours.
#[derive(Debug)]
pub(super) struct Tracer {
    spec: &'static Spec,
    scope: Cow<'static, str>,
}

impl opentelemetry::trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, theirs: &TheirContext) -> Span {
        let around = newest_in(theirs, Context::here());
        let is_wanted =
            super::is_joined() && !around.is_suppressed() && span::wants(&self.scope, Level::INFO);
        let sampler = || span::sampler_by(&builder.name, "", &self.scope);
        let at = builder.start_time.map(|start| ticks_of(&Wall::now(), start));
        let own = is_wanted.then(|| span::begin(around, self.spec, sampler, at)).flatten();
        let Some(own) = own else {
            return Span::passing(around, span_context_in(theirs, around), self.spec);
        };
        span::write(own.slot, |fields| self.write(&builder, fields));
        let span = Span::open(own, span_context_in(theirs, own), self.spec, self.own_scope());
        for event in builder.events.into_iter().flatten() {
            span.event(&event.name, event.timestamp, &event.attributes);
        }
        span
    }
}

impl Tracer {
    /// The scope, where its description does not say it.
    fn own_scope(&self) -> Option<&str> {
        self.spec.target.is_empty().then_some(&*self.scope)
    }

    fn write(&self, builder: &SpanBuilder, fields: &mut FieldWriter<'_>) {
        fields.push(index::NAME, Value::Str(&builder.name));
        if let Some(scope) = self.own_scope() {
            fields.push(index::SCOPE, Value::Str(scope));
        }
        if let Some(kind) = builder.span_kind.as_ref().map(kind_of).filter(|kind| *kind != SpanKind::Internal)
        {
            fields.push(index::KIND, Value::Str(kind.as_str()));
        }
        for link in builder.links.iter().flatten() {
            write_link(fields, &link.span_context);
        }
        for attribute in builder.attributes.iter().flatten() {
            write_attribute(fields, attribute);
        }
    }
}

/// The scope's own description; nothing where there are too many of them.
fn spec_of(scope: &str) -> Option<&'static Spec> {
    if let Some(spec) = SPECS.read().unwrap_or_else(PoisonError::into_inner).get(scope) {
        return Some(spec);
    }
    let mut specs = SPECS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(spec) = specs.get(scope) {
        return Some(spec);
    }
    (specs.len() < MAX_SPECS).then(|| {
        let spec: &'static Spec = Box::leak(Box::new(Spec::of_target(scope.to_owned().leak())));
        definitions::spec(spec);
        specs.insert(spec.target, spec);
        spec
    })
}
