//! The metrics of a function's calls: how many with which outcome, how long, and how many now.
//!
//! All are in one block of cells, so that the end of a call looks for one page.

use std::sync::Arc;

use spanwright_core::cells::{self, Block, CallEnd, IN_FLIGHT, Shape};
use spanwright_core::clock::Ticks;
use spanwright_core::context::Context;
use spanwright_core::descriptor::{CallSpec, Spec, cardinality};
use spanwright_core::slots::Outcome;

use crate::metric::{Finder, OUTCOME, Scale};
use crate::registry::{Content, Identity, Instrument, Kind, LabelSpec, Places, Registry};

/// The cells of one function's metrics.
#[derive(Debug)]
pub(super) struct CallMetrics {
    places: Places,
    finder: Finder,
    in_flight: bool,
    /// What the registry holds weakly: annotated functions live as long as the process.
    _instruments: [Option<Arc<Instrument>>; 3],
}

impl CallMetrics {
    /// Nothing where the layout has no room any more, which the registry then says.
    pub(super) fn register(
        spec: &'static Spec,
        calls: &'static CallSpec,
        registry: &Registry,
    ) -> Option<Self> {
        let scale = Scale::new(calls.buckets, "seconds");
        let combinations = cardinality(calls.dimensions);
        let block = Block::allocate(Shape::CALLS, scale.buckets(), combinations).map(Arc::new);
        let (places, finder) = (Places::of(block.as_deref()), scale.finder(1e9));

        let labels = LabelSpec { constant: calls.constant, dimensions: calls.dimensions };
        let part = |identity, content| {
            Arc::new(Instrument::within(identity, (spec.file, spec.line), labels, block.clone(), content))
        };
        let instruments = [
            Some(part(calls_total(calls), Content::Sums(OUTCOME))),
            Some(part(duration_seconds(calls, scale), Content::Histogram)),
            calls.in_flight.map(|name| part(in_flight(calls, name), Content::Sum { offset: IN_FLIGHT })),
        ];
        instruments.iter().flatten().for_each(|instrument| registry.add(instrument));
        let in_flight = calls.in_flight.is_some();
        block.map(|_| Self { places, finder, in_flight, _instruments: instruments })
    }

    /// A call has started.
    #[inline]
    pub(super) fn begin(&self, combination: u32) {
        if let Some(block) = self.places.first(combination).filter(|_| self.in_flight) {
            cells::add(block + IN_FLIGHT, 1);
        }
    }

    /// A call has ended, `nanos` after its start, at `at`; `own` is its context, where it has one.
    #[inline(always)]
    pub(super) fn end(
        &self,
        combination: u32,
        outcome: Outcome,
        nanos: u64,
        own: Option<&Context>,
        at: Ticks,
    ) {
        let Some(cell) = self.places.first(combination) else { return };
        // As a signed number it is converted by one instruction; 292 years fit.
        let bucket = self.finder.find(nanos as i64 as f64);
        let (outcome, was_in_flight) = (outcome.index(), self.in_flight);
        cells::end_call(CallEnd { cell, outcome, was_in_flight, bucket, nanos }, own, at);
    }
}

fn calls_total(calls: &CallSpec) -> Identity {
    let mut identity = identity(calls, calls.calls_total, CallSpec::CALLS_HELP, Kind::Counter);
    identity.label_names.push(OUTCOME.name.into());
    identity
}

fn duration_seconds(calls: &CallSpec, scale: Scale) -> Identity {
    let identity = identity(calls, calls.duration_seconds, CallSpec::DURATION_HELP, Kind::Histogram);
    Identity { unit: "seconds".into(), scale: Some(scale), ..identity }
}

fn in_flight(calls: &CallSpec, name: &'static str) -> Identity {
    identity(calls, name, CallSpec::IN_FLIGHT_HELP, Kind::UpDownCounter)
}

fn identity(calls: &CallSpec, name: &'static str, help: &'static str, kind: Kind) -> Identity {
    let labels = LabelSpec { constant: calls.constant, dimensions: calls.dimensions };
    Identity { help: help.into(), ..Identity::new(name, kind, &labels) }
}

#[cfg(test)]
mod tests {
    use crate::registry::{Registry, Value};

    #[crate::instrument(level = "trace", metrics, crate = crate)]
    fn counted() {}

    fn calls() -> u64 {
        let family = Registry::global().get_metric("function_calls_total").unwrap();
        let series = family.series(&[("module", module_path!()), ("function", "counted"), ("outcome", "ok")]);
        let Some(Value::Counter(count)) = series.map(|series| series.value.clone()) else {
            panic!("{family:?}")
        };
        count
    }

    #[test]
    fn what_the_telemetry_itself_does_is_not_counted() {
        counted();
        {
            let _suppressed = crate::span::suppress();
            counted();
        }
        assert_eq!(calls(), 1);
    }
}
