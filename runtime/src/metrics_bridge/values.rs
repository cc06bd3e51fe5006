//! The values behind the handles.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{CounterFn, GaugeFn, HistogramFn};

pub(super) use super::histogram::Distribution;
use crate::registry::{Kind, Value};

/// What a series holds.
pub(super) trait Held: Send + Sync + 'static {
    const KIND: Kind;

    /// The value now.
    fn read(&self) -> Value;
}

/// A counter's value.
#[derive(Default)]
pub(super) struct Count(
    /// A number of its own: it publishes nothing else.
    AtomicU64,
);

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }
}

impl Held for Count {
    const KIND: Kind = Kind::Counter;

    fn read(&self) -> Value {
        Value::Counter(self.0.load(Ordering::Relaxed))
    }
}

/// A gauge's value.
#[derive(Default)]
pub(super) struct Level(
    /// The bits of an `f64`, a number of its own: it publishes nothing else.
    AtomicU64,
);

impl GaugeFn for Level {
    fn increment(&self, value: f64) {
        add(&self.0, value);
    }

    fn decrement(&self, value: f64) {
        add(&self.0, -value);
    }

    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

impl Held for Level {
    const KIND: Kind = Kind::Gauge;

    fn read(&self) -> Value {
        Value::Gauge(f64::from_bits(self.0.load(Ordering::Relaxed)))
    }
}

impl HistogramFn for Distribution {
    fn record(&self, value: f64) {
        self.observe(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.observe(value, count as u64);
    }
}

impl Held for Distribution {
    const KIND: Kind = Kind::Histogram;

    fn read(&self) -> Value {
        Value::from(self.snapshot())
    }
}

/// Adds to the bits of an `f64`.
pub(super) fn add(bits: &AtomicU64, value: f64) {
    let mut now = bits.load(Ordering::Relaxed);
    loop {
        let sum = (f64::from_bits(now) + value).to_bits();
        match bits.compare_exchange_weak(now, sum, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(other) => now = other,
        }
    }
}
