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
    /// Starts a call. One relaxed load where nobody listens. `combination` gives the number of its metric's labels.
    #[inline(always)]
    pub fn open(
        site: &'static Site,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_>),
    ) -> Self {
        let bits = site.bits();
        if bits == 0 {
            return Self(None);
        }
        let (mut combination, mut record) = (Some(combination), Some(record));
        // One function for all callsites, whatever their closures are.
        let mut combination = || combination.take().map_or(0, |combination| combination());
        let mut record = |fields: &mut Fields<'_>| {
            if let Some(record) = record.take() {
                record(fields);
            }
        };
        Self(Active::open(site, bits, &mut combination, &mut record))
    }

    /// Runs the body within the call, and ends the call by what the body returns.
    #[inline(always)]
    pub fn run<R>(
        mut self,
        body: impl FnOnce() -> R,
        outcome: impl for<'r> FnOnce(&'r R) -> Verdict<'r>,
    ) -> R {
        if let Some(active) = &mut self.0 {
            active.enter();
        }
        let returned = body();
        if let Some(active) = &mut self.0 {
            active.end(&outcome(&returned));
        }
        returned
    }

    /// Makes the call's span current until the guard is dropped, for bodies that must stay in place.
    #[inline(always)]
    pub fn guard(mut self) -> CallGuard {
        if let Some(active) = &mut self.0 {
            active.enter();
        }
        CallGuard(self)
    }
}

/// Ends the call when dropped: `ok`, or `panicked` while unwinding.
#[derive(Debug)]
#[must_use = "the call ends when this is dropped"]
pub struct CallGuard(Call);

impl Drop for CallGuard {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = &mut self.0.0 {
            let outcome = if std::thread::panicking() { Outcome::Panicked } else { Outcome::Ok };
            active.end(&Verdict::of(outcome));
        }
    }
}
