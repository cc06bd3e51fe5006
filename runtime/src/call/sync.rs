//! The guard around a synchronous body.

use super::active::Active;
use super::fields::Fields;
use super::outcome::Verdict;
use super::site::Site;
use spanwright_core::slots::Outcome;

/// A call of an annotated function: nothing while nobody listens.
#[derive(Debug)]
pub struct Call(pub(super) Option<Active>);

impl Call {
    /// Starts a call. One relaxed load where nobody listens. `combination` gives the number of its metrics' labels,
    /// `record` its fields.
    #[inline(always)]
    pub fn open(
        site: &'static Site,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) -> Self {
        Self::start(site, combination, record, false)
    }

    /// Starts a call whose span is current from here on.
    #[inline(always)]
    pub fn enter(
        site: &'static Site,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) -> Self {
        Self::start(site, combination, record, true)
    }

    #[inline(always)]
    fn start(
        site: &'static Site,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
        enter: bool,
    ) -> Self {
        let bits = site.bits();
        let mut call = Self(None);
        if bits == 0 {
            return call;
        }
        let (mut combination, mut record) = (Some(combination), Some(record));
        // One function for all callsites, whatever their closures are.
        let mut combination = || combination.take().map_or(0, |combination| combination());
        let mut record = |fields: &mut Fields<'_, '_>| {
            if let Some(record) = record.take() {
                record(fields);
            }
        };
        Active::open(&mut call.0, site, bits, &mut combination, &mut record, enter);
        call
    }

    /// Runs the body within an entered call, and ends the call by what the body returns.
    #[inline(always)]
    pub fn run<R>(
        mut self,
        body: impl FnOnce() -> R,
        outcome: impl for<'r> FnOnce(&'r R) -> Verdict<'r>,
    ) -> R {
        let returned = body();
        if let Some(active) = &mut self.0 {
            active.end(&outcome(&returned));
        }
        // The drop is for bodies that unwind; there is nothing left for it to do here.
        std::mem::forget(self);
        returned
    }

    /// Ends an entered call when the guard is dropped, for bodies that must stay in place.
    #[inline(always)]
    pub fn guard(self) -> CallGuard {
        let unwinds = self.0.is_some() && std::thread::panicking();
        CallGuard { call: self, unwinds }
    }
}

/// Ends the call when dropped: `ok`, or `panicked` while unwinding.
#[derive(Debug)]
#[must_use = "the call ends when this is dropped"]
pub struct CallGuard {
    call: Call,
    /// Whether the thread was unwinding already: a call in a destructor.
    unwinds: bool,
}

impl Drop for CallGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = &mut self.call.0 {
            let panicked = !self.unwinds && std::thread::panicking();
            let outcome = if panicked { Outcome::Panicked } else { Outcome::Ok };
            active.end(&Verdict::of(outcome));
        }
    }
}
