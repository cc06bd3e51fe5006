//! The user's code within a call: what it does belongs to the call's span, and its panic is one of the call and of its report.

use super::active::{Active, Entered};
use super::outcome::Verdict;
use super::report::{MayPanic, Reporting};
use super::sync::Call;

impl Call {
    /// The call, while it is observed and has not ended.
    #[inline(always)]
    pub(super) fn underway(&mut self) -> Option<&mut Active> {
        self.0.as_mut().filter(|active| !active.has_ended())
    }
}

/// Runs the user's code within a call, which goes on after it. It is given the call, to say things of it.
#[inline(always)]
pub(super) fn within<R: Reporting, T>(
    call: Option<&mut Active>,
    report: &mut R,
    run: impl FnOnce(Option<&mut Entered<'_>>) -> T,
) -> T {
    let mut entered = call.map(Active::entered);
    // Dropped first: a report ends within the span.
    let may_panic = MayPanic::of(report);
    let returned = run(entered.as_mut());
    may_panic.has_returned();
    let _ = entered.map(Entered::has_returned);
    returned
}

/// Ends a call and its report by what the user's code says, which runs within them; not where neither is open.
#[inline(always)]
pub(super) fn conclude<'r, R: Reporting>(
    call: Option<&mut Active>,
    report: &mut R,
    say: impl FnOnce() -> Verdict<'r>,
) {
    if call.is_none() && !report.is_open() {
        return;
    }
    let entered = call.map(Active::entered);
    let may_panic = MayPanic::of(report);
    let verdict = say();
    // Within the span, for the exemplars.
    if let Some(report) = may_panic.has_returned() {
        report.end(verdict.outcome);
    }
    if let Some(entered) = entered {
        entered.end(&verdict);
    }
}
