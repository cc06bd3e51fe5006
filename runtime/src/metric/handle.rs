//! What all kinds of metrics hold: the right to an instrument, and where its cells are. Without telemetry that is nothing, so
//! that a struct of metrics has no size, and what is done with it is no code. What differs is [`Held`] alone.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use spanwright_core::cells;
use spanwright_core::slots::Outcome;

use super::{Labels, Storage};
use crate::registry::{Instrument, Owned, Places, gauge_bits, gauge_value};

/// A value, where telemetry is compiled in.
#[cfg(feature = "telemetry")]
#[derive(Clone, Copy)]
pub(super) struct Held<T>(T);

/// Nothing: the value is never made, and there is nothing to drop, which a future that keeps it would have to note.
#[cfg(not(feature = "telemetry"))]
pub(super) struct Held<T>(PhantomData<fn() -> T>);

#[cfg(feature = "telemetry")]
impl<T> Held<T> {
    #[inline(always)]
    pub(super) fn new(make: impl FnOnce() -> T) -> Self {
        Self(make())
    }

    #[inline(always)]
    pub(super) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }
}

#[cfg(not(feature = "telemetry"))]
impl<T> Held<T> {
    #[inline(always)]
    pub(super) fn new(_: impl FnOnce() -> T) -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub(super) fn get(&self) -> Option<&T> {
        None
    }
}

#[cfg(not(feature = "telemetry"))]
impl<T> Copy for Held<T> {}

#[cfg(not(feature = "telemetry"))]
impl<T> Clone for Held<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: fmt::Debug> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A metric with labels `L`, written as `S` says. `X` is what its kind needs beside that.
#[derive(Debug)]
pub(super) struct Handle<L, S, X = ()> {
    own: Held<Own<X>>,
    /// Covariant, so that labels which borrow can be given for a moment.
    labels: PhantomData<fn() -> (L, S)>,
}

#[derive(Debug)]
struct Own<X> {
    instrument: Owned,
    places: Places,
    extra: X,
}

impl<L: Labels, S, X> Handle<L, S, X> {
    #[inline(always)]
    pub(super) fn new(make: impl FnOnce() -> Owned, extra: impl FnOnce(&Instrument) -> X) -> Self {
        let own = Held::new(|| {
            let instrument = make();
            Own { places: instrument.places(), extra: extra(&instrument), instrument }
        });
        Self { own, labels: PhantomData }
    }

    pub(super) fn instrument(&self) -> Option<&Arc<Instrument>> {
        self.own.get().map(|own| own.instrument.instrument())
    }

    /// The number of the series with these labels, or with all of them but the outcome.
    #[inline(always)]
    pub(super) fn number<K: Labels>(&self, labels: &K) -> u32 {
        self.own.get().map_or(0, |own| labels.index(own.instrument.interner()))
    }

    /// The series with that number.
    #[inline(always)]
    pub(super) fn at(&self, number: u32) -> Series<'_, S, X> {
        let own = self.own.get();
        let place = || own.and_then(|own| Some((own.places.first(number)?, own)));
        Series { place: Held::new(place), storage: PhantomData }
    }

    /// The series of a call that has ended, whose labels at its entry had that number.
    #[inline(always)]
    pub(super) fn at_end(&self, number: u32, outcome: Outcome) -> Series<'_, S, X> {
        self.at(match L::DIMENSIONS.len() == <L::AtEntry<'static> as Labels>::DIMENSIONS.len() {
            true => number,
            // The outcome is the last one.
            false => number.saturating_mul(Outcome::VALUES.len() as u32).saturating_add(outcome.index()),
        })
    }
}

/// One series of a metric.
#[derive(Debug)]
pub(super) struct Series<'a, S, X = ()> {
    /// Its first cell, and whose it is: an index must not outlive its metric. Nothing where there was no room.
    place: Held<Option<(u32, &'a Own<X>)>>,
    storage: PhantomData<S>,
}

impl<S, X> Copy for Series<'_, S, X> {}

impl<S, X> Clone for Series<'_, S, X> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Storage, X> Series<'_, S, X> {
    #[inline(always)]
    pub(super) fn count(self, amount: u64) {
        if let Some(Some((cell, _))) = self.place.get() {
            S::count(*cell, amount);
        }
    }

    #[inline(always)]
    pub(super) fn add(self, amount: i64) {
        if let Some(Some((cell, _))) = self.place.get() {
            // Two's complement: sums that wrap are right.
            S::add(*cell, amount as u64);
        }
    }

    /// Counts a value and its bucket, which `find` gives by what the kind needs.
    #[inline(always)]
    pub(super) fn observe(self, find: impl FnOnce(&X) -> (f64, u32)) {
        if let Some(Some((cell, own))) = self.place.get() {
            let (value, bucket) = find(&own.extra);
            if !value.is_nan() {
                S::observe(*cell, bucket, value);
            }
        }
    }
}

impl<S, X> Series<'_, S, X> {
    /// It exists at zero from now on.
    pub(super) fn keep(self) -> Self {
        if let Some(Some((cell, own))) = self.place.get() {
            own.instrument.keep(*cell);
        }
        self
    }

    #[inline(always)]
    pub(super) fn read_by(self, callback: impl Fn() -> f64 + Send + Sync + 'static) {
        if let Some(Some((cell, own))) = self.place.get() {
            own.instrument.read_by(*cell, Arc::new(callback));
        }
    }

    #[inline(always)]
    pub(super) fn set_shared(self, value: f64) {
        if let Some(Some((cell, _))) = self.place.get() {
            cells::set_shared(*cell, gauge_bits(value));
        }
    }

    #[inline(always)]
    pub(super) fn add_shared(self, amount: f64) {
        if let Some(Some((cell, _))) = self.place.get() {
            cells::update_shared(*cell, |bits| gauge_bits(gauge_value(bits) + amount));
        }
    }
}
