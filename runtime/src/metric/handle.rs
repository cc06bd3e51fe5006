//! What all kinds of metrics hold: the right to an instrument, and where its cells are. Defined twice: without telemetry it is
//! nothing, so that a struct of metrics has no size and what is done with it is no code.

#[cfg(not(feature = "telemetry"))]
pub use off::Owned;
#[cfg(not(feature = "telemetry"))]
pub(super) use off::{Handle, Series, Started};
#[cfg(feature = "telemetry")]
pub(super) use on::{Handle, Series, Started};

#[cfg(feature = "telemetry")]
mod on {
    use std::marker::PhantomData;
    use std::sync::Arc;

    use spanwright_core::cells;
    use spanwright_core::clock::{self, Ticks};
    use spanwright_core::slots::Outcome;

    use crate::metric::{Labels, Storage};
    use crate::registry::{Instrument, Owned, Places, gauge_bits, gauge_value};

    /// A metric with labels `L`, written as `S` says. `X` is what its kind needs beside that.
    #[derive(Debug)]
    pub(in crate::metric) struct Handle<L, S, X = ()> {
        own: Own<X>,
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
        pub(in crate::metric) fn new(instrument: Owned, extra: impl FnOnce(&Instrument) -> X) -> Self {
            let (places, extra) = (instrument.places(), extra(&instrument));
            Self { own: Own { instrument, places, extra }, labels: PhantomData }
        }

        pub(in crate::metric) fn instrument(&self) -> &Arc<Instrument> {
            self.own.instrument.instrument()
        }

        /// The number of the series with these labels.
        #[inline(always)]
        pub(in crate::metric) fn number<K: Labels>(&self, labels: &K) -> u32 {
            labels.index(self.own.instrument.interner())
        }

        /// The series with that number.
        #[inline(always)]
        pub(in crate::metric) fn at(&self, number: u32) -> Series<'_, S, X> {
            Series { cell: self.own.places.first(number), own: &self.own, storage: PhantomData }
        }

        /// The series with the labels that had this number when a call began, now that it has ended.
        #[inline(always)]
        pub(in crate::metric) fn at_end(&self, number: u32, outcome: Outcome) -> Series<'_, S, X> {
            self.at(match L::DIMENSIONS.len() == <L::AtEntry as Labels>::DIMENSIONS.len() {
                true => number,
                // The outcome is the last one.
                false => number.saturating_mul(Outcome::VALUES.len() as u32).saturating_add(outcome.index()),
            })
        }
    }

    /// One series of a metric.
    #[derive(Debug)]
    pub(in crate::metric) struct Series<'a, S, X = ()> {
        /// Nothing where there was no room for it.
        cell: Option<u32>,
        /// Whose cells they are: an index must not outlive them.
        own: &'a Own<X>,
        storage: PhantomData<S>,
    }

    impl<S, X> Copy for Series<'_, S, X> {}

    impl<S, X> Clone for Series<'_, S, X> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<S: Storage, X> Series<'_, S, X> {
        #[inline(always)]
        pub(in crate::metric) fn count(self, amount: u64) {
            if let Some(cell) = self.cell {
                S::count(cell, amount);
            }
        }

        #[inline(always)]
        pub(in crate::metric) fn add(self, amount: i64) {
            if let Some(cell) = self.cell {
                // Two's complement: sums that wrap are right.
                S::add(cell, amount as u64);
            }
        }

        /// `bucket` finds the value's, by what the kind needs.
        #[inline(always)]
        pub(in crate::metric) fn observe(self, value: impl FnOnce(&X) -> (u32, f64)) {
            if let Some(cell) = self.cell {
                let (bucket, value) = value(&self.own.extra);
                if !value.is_nan() {
                    S::observe(cell, bucket, value);
                }
            }
        }
    }

    impl<S, X> Series<'_, S, X> {
        pub(in crate::metric) fn read_by(self, callback: impl Fn() -> f64 + Send + Sync + 'static) {
            if let Some(cell) = self.cell {
                self.own.instrument.read_by(cell, Arc::new(callback));
            }
        }

        #[inline]
        pub(in crate::metric) fn set_shared(self, value: f64) {
            if let Some(cell) = self.cell {
                cells::set_shared(cell, gauge_bits(value));
            }
        }

        #[inline]
        pub(in crate::metric) fn add_shared(self, amount: f64) {
            if let Some(cell) = self.cell {
                cells::update_shared(cell, |bits| gauge_bits(gauge_value(bits) + amount));
            }
        }
    }

    /// A moment from which time is measured.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::metric) struct Started(Ticks);

    impl Started {
        #[inline(always)]
        pub(in crate::metric) fn now() -> Self {
            Self(clock::now())
        }

        /// Nanoseconds since then.
        #[inline(always)]
        pub(in crate::metric) fn nanos(self) -> u64 {
            clock::now().nanos_since(self.0)
        }
    }
}

/// The same without telemetry: nothing is held, and nothing is done.
#[cfg(not(feature = "telemetry"))]
mod off {
    use std::marker::PhantomData;

    use spanwright_core::slots::Outcome;

    use crate::metric::{Labels, Storage};

    /// The right to a metric that does not exist.
    #[derive(Debug)]
    pub struct Owned(());

    impl Owned {
        #[inline(always)]
        pub(in crate::metric) const fn new() -> Self {
            Self(())
        }
    }

    impl Drop for Owned {
        /// What is dropped with telemetry is dropped without it: the compiler and its lints see the same.
        #[inline(always)]
        fn drop(&mut self) {}
    }

    #[derive(Debug)]
    pub(in crate::metric) struct Handle<L, S, X = ()> {
        _instrument: Owned,
        parts: PhantomData<fn() -> (L, S, X)>,
    }

    impl<L: Labels, S, X> Handle<L, S, X> {
        #[inline(always)]
        pub(in crate::metric) const fn new(instrument: Owned) -> Self {
            Self { _instrument: instrument, parts: PhantomData }
        }

        #[inline(always)]
        pub(in crate::metric) fn number<K: Labels>(&self, _: &K) -> u32 {
            0
        }

        #[inline(always)]
        pub(in crate::metric) fn at(&self, _: u32) -> Series<'_, S, X> {
            Series(PhantomData)
        }

        #[inline(always)]
        pub(in crate::metric) fn at_end(&self, _: u32, _: Outcome) -> Series<'_, S, X> {
            Series(PhantomData)
        }
    }

    /// What a series borrows, and what it is of.
    type Parts<'a, S, X> = (&'a Owned, fn() -> (S, X));

    #[derive(Debug)]
    pub(in crate::metric) struct Series<'a, S, X = ()>(PhantomData<Parts<'a, S, X>>);

    impl<S, X> Copy for Series<'_, S, X> {}

    impl<S, X> Clone for Series<'_, S, X> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<S: Storage, X> Series<'_, S, X> {
        #[inline(always)]
        pub(in crate::metric) fn count(self, _: u64) {}

        #[inline(always)]
        pub(in crate::metric) fn add(self, _: i64) {}

        #[inline(always)]
        pub(in crate::metric) fn observe(self, _: impl FnOnce(&X) -> (u32, f64)) {}
    }

    impl<S, X> Series<'_, S, X> {
        #[inline(always)]
        pub(in crate::metric) fn read_by(self, _: impl Fn() -> f64 + Send + Sync + 'static) {}

        #[inline(always)]
        pub(in crate::metric) fn set_shared(self, _: f64) {}

        #[inline(always)]
        pub(in crate::metric) fn add_shared(self, _: f64) {}
    }

    #[derive(Clone, Copy, Debug)]
    pub(in crate::metric) struct Started(());

    impl Started {
        #[inline(always)]
        pub(in crate::metric) fn now() -> Self {
            Self(())
        }

        #[inline(always)]
        pub(in crate::metric) fn nanos(self) -> u64 {
            0
        }
    }
}
