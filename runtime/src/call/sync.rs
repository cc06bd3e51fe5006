//! The guard around a synchronous body.

use super::active::Active;
use super::fields::Fields;
use super::outcome::Verdict;
use super::report::{Beginning, Ends, ReportGuard};
use super::switched::Callee;
use spanwright_core::clock::Ticks;
use spanwright_core::slots::Outcome;

/// A call of an annotated function: nothing while nobody listens.
#[derive(Debug)]
pub struct Call(pub(super) Option<Active>);

impl Call {
    /// A call that has not started.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "generated code is its one user")]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Starts a call that is entered later. One relaxed load where nobody listens. `combination` gives the number of its
    /// metrics' labels, `record` its fields.
    #[inline(always)]
    pub fn open(
        callee: impl Callee,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) -> Self {
        let mut call = Self::new();
        call.begin(callee, combination, record, false);
        call
    }

    /// The same, in its place.
    #[inline(always)]
    pub fn open_in_place(
        &mut self,
        callee: impl Callee,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) {
        self.begin(callee, combination, record, false);
    }

    /// Starts the call; its span is current from here on.
    #[inline(always)]
    pub fn enter(
        &mut self,
        callee: impl Callee,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) {
        self.begin(callee, combination, record, true);
    }

    #[inline(always)]
    fn begin(
        &mut self,
        callee: impl Callee,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
        enter: bool,
    ) {
        let bits = callee.bits();
        if bits == 0 {
            return;
        }
        let site = callee.site();
        let (mut combination, mut record) = (Some(combination), Some(record));
        // One function for all callsites, whatever their closures are.
        let mut combination = || combination.take().map_or(0, |combination| combination());
        let mut record = |fields: &mut Fields<'_, '_>| {
            if let Some(record) = record.take() {
                record(fields);
            }
        };
        match callee.parent() {
            None => Active::open(&mut self.0, site, bits, &mut combination, &mut record, enter),
            Some(parent) => {
                Active::open_under(&mut self.0, site, bits, parent, &mut combination, &mut record, enter);
            }
        }
    }

    /// Ends the call.
    #[inline(always)]
    pub(super) fn end(&mut self, verdict: &Verdict<'_>) {
        if let Some(active) = &mut self.0 {
            active.end(verdict);
            // The drop is for bodies that unwind; there is nothing left for it to do here.
            std::mem::forget(self.0.take());
        }
    }

    /// When it began, where the clock has been read.
    #[inline]
    pub(super) fn start(&self) -> Option<Ticks> {
        self.0.as_ref().map(Active::start).filter(|start| *start != Ticks(0))
    }
}

/// Runs `body` as a call of `callee`, ended by what it returns. The body starts the call by what it is given, so that where
/// nobody listens nothing is left of it but one relaxed load.
#[inline(always)]
pub fn observe<C: Callee, R>(
    callee: C,
    body: impl FnOnce(Start<'_, C>) -> R,
    outcome: impl for<'r> FnOnce(&'r R) -> Verdict<'r>,
) -> R {
    if callee.bits() == 0 { body(Start(None)) } else { observed(callee, body, outcome) }
}

/// The same where somebody listens: out of line, so that the bare body has neither its stack nor its landing pads.
#[inline(never)]
fn observed<C: Callee, R>(
    callee: C,
    body: impl FnOnce(Start<'_, C>) -> R,
    outcome: impl for<'r> FnOnce(&'r R) -> Verdict<'r>,
) -> R {
    let mut call = Call::new();
    let returned = body(Start(Some(Started { call: &mut call, callee })));
    if call.0.is_some() {
        call.end(&outcome(&returned));
    }
    returned
}

/// The start of a call, at the head of its body; nothing where nobody listens.
#[derive(Debug)]
pub struct Start<'c, C>(Option<Started<'c, C>>);

#[derive(Debug)]
struct Started<'c, C> {
    call: &'c mut Call,
    callee: C,
}

impl<C: Callee> Start<'_, C> {
    /// Starts the call; its span is current from here on.
    #[inline(always)]
    pub fn enter(self, combination: impl FnOnce() -> u32, record: impl FnOnce(&mut Fields<'_, '_>)) {
        if let Some(Started { call, callee }) = self.0 {
            call.enter(callee, combination, record);
        }
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

impl CallGuard {
    /// A call that has not started.
    #[inline(always)]
    #[allow(clippy::new_without_default, reason = "generated code is its one user")]
    pub fn new() -> Self {
        Self { call: Call::new(), unwinds: false }
    }

    /// Starts the call; its span is current until the guard is dropped.
    #[inline(always)]
    pub fn enter(
        &mut self,
        callee: impl Callee,
        combination: impl FnOnce() -> u32,
        record: impl FnOnce(&mut Fields<'_, '_>),
    ) {
        self.call.enter(callee, combination, record);
        self.unwinds = self.call.0.is_some() && std::thread::panicking();
    }

    /// Begins the call's report; see [`Call::report`].
    #[inline(always)]
    pub fn report<E: Ends>(&self, begin: impl FnOnce(Beginning) -> E) -> ReportGuard<E> {
        ReportGuard::of(&self.call, begin)
    }
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
