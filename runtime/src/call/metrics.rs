//! The metrics of a function's calls: how many with which outcome, how long, and how many now.
//!
//! Of each combination of labels there are two blocks of cells: `[ok, error, cancelled, panicked, in flight]` and the
//! histogram of durations in nanoseconds.

use std::sync::Arc;

use spanwright_core::cells::{self, Block, CellKind, Sum};
use spanwright_core::descriptor::{Buckets, CallSpec, Dimension, Spec, Values, cardinality};
use spanwright_core::slots::Outcome;

use crate::metric::DURATION_BUCKETS;
use crate::registry::{Identity, Instrument, Kind, Registry};

const OUTCOME: Dimension = Dimension { name: "outcome", values: Values::Static(Outcome::VALUES) };
const IN_FLIGHT: u32 = Outcome::VALUES.len() as u32;

/// The cells of one function's metrics.
#[derive(Debug)]
pub(super) struct CallMetrics {
    sums: Arc<Block>,
    durations: Arc<Block>,
    /// Upper bounds in nanoseconds.
    bounds: Vec<u64>,
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
        let combinations = cardinality(calls.dimensions);
        let bounds: Arc<[f64]> = match calls.buckets {
            Buckets::Explicit(bounds) => bounds.into(),
            _ => DURATION_BUCKETS.into(),
        };
        let used = bounds.len() as u32 + 3;
        let sums = Block::allocate(CellKind::Sums, IN_FLIGHT + 1, combinations).map(Arc::new);
        let durations = Block::allocate(CellKind::IntegerHistogram, used, combinations).map(Arc::new);

        let place = (spec.file, spec.line);
        let labels = (calls.constant, calls.dimensions);
        let sum = |identity, offset, inner| {
            Instrument::sums_within(identity, place, labels, sums.clone(), offset, inner)
        };
        let instruments = [
            Some(sum(calls_total(calls), 0, Some(OUTCOME))),
            Some(Instrument::durations(duration_seconds(calls, &bounds), place, labels, durations.clone())),
            calls.in_flight.map(|name| sum(in_flight(calls, name), IN_FLIGHT, None)),
        ];
        let instruments = instruments.map(|instrument| instrument.map(Arc::new));
        instruments.iter().flatten().for_each(|instrument| registry.add(instrument));
        Some(Self {
            sums: sums?,
            durations: durations?,
            bounds: bounds.iter().map(|seconds| (seconds * 1e9) as u64).collect(),
            in_flight: calls.in_flight.is_some(),
            _instruments: instruments,
        })
    }

    /// A call has started.
    #[inline]
    pub(super) fn begin(&self, combination: u32) {
        if self.in_flight && combination < self.sums.count() {
            cells::add(self.sums.cell(combination) + IN_FLIGHT, 1);
        }
    }

    /// A call has ended.
    #[inline]
    pub(super) fn end(&self, combination: u32, outcome: Outcome, nanos: u64) {
        if combination >= self.sums.count() {
            return;
        }
        let sums = self.sums.cell(combination);
        if self.in_flight {
            // Minus one, wrapping.
            cells::add(sums + IN_FLIGHT, u64::MAX);
        }
        cells::add(sums + outcome.index(), 1);
        let bucket = self.bounds.partition_point(|bound| *bound < nanos);
        let block = self.durations.cell(combination);
        cells::observe(block, self.durations.used(), bucket as u32, Sum::Integer(nanos));
    }
}

fn calls_total(calls: &CallSpec) -> Identity {
    let mut identity = identity(calls, calls.calls_total, "Calls by how they ended.", Kind::Counter);
    identity.label_names.push(OUTCOME.name);
    identity
}

fn duration_seconds(calls: &CallSpec, bounds: &Arc<[f64]>) -> Identity {
    let identity = identity(calls, calls.duration_seconds, "How long calls took.", Kind::Histogram);
    Identity { unit: "seconds".into(), bounds: Arc::clone(bounds), ..identity }
}

fn in_flight(calls: &CallSpec, name: &'static str) -> Identity {
    identity(calls, name, "Calls that have started and not ended.", Kind::UpDownCounter)
}

fn identity(calls: &CallSpec, name: &'static str, help: &'static str, kind: Kind) -> Identity {
    let constant = calls.constant.iter().map(|(name, _)| *name);
    let dimensions = calls.dimensions.iter().map(|dimension| dimension.name);
    Identity {
        name: name.into(),
        help: help.into(),
        unit: "".into(),
        kind,
        label_names: constant.chain(dimensions).collect(),
        bounds: Arc::new([]),
    }
}
