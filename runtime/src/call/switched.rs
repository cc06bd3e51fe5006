//! What is decided anew for each call: whether it is observed, and what its span is a child of.
//!
//! A call takes its callsite as it is, or with such decisions. They are made before it begins, and only where somebody listens.

use spanwright_core::callsite::{ASK, DIRECT, METRICS, SHADOW, UNREGISTERED};

use super::report::{Beginning, Ends};
use super::site::Site;
use crate::enabled::Enabled;
use crate::parent::Parent;

/// The bits of spans.
const SPANS: u32 = DIRECT | SHADOW | ASK;

/// Beside the callsite's bits: the call records something that is no field of its callsite.
pub(super) const EXTRAS: u32 = 1 << 8;

/// What a call begins with.
pub trait Callee {
    /// The callsite.
    fn site(&self) -> &'static Site;

    /// What listens to this call.
    fn bits(&self) -> u32;

    /// What its span is a child of, where that is stated.
    fn parent(&self) -> Option<&Parent> {
        None
    }
}

impl Callee for &'static Site {
    #[inline(always)]
    fn site(&self) -> &'static Site {
        self
    }

    #[inline(always)]
    fn bits(&self) -> u32 {
        Site::bits(self)
    }
}

/// A callsite, and what listens to one call of it.
#[derive(Clone, Copy, Debug)]
pub struct Switched {
    site: &'static Site,
    bits: u32,
    /// Whether the call reports into metrics of the user's own.
    reports: bool,
}

impl Site {
    /// For a call that is switched by itself.
    #[inline]
    #[must_use]
    pub fn switched(&'static self) -> Switched {
        let bits = self.bits();
        let bits = if bits & UNREGISTERED != 0 { self.register() } else { bits };
        Switched { site: self, bits, reports: false }
    }

    /// The same for one that reports into metrics of the user's own.
    #[inline]
    #[must_use]
    pub fn switched_with_report(&'static self) -> Switched {
        let switched = self.switched();
        Switched { reports: self.enabled().metrics, ..switched }
    }
}

impl Switched {
    /// Takes off what is not enabled.
    #[inline]
    #[must_use]
    pub fn when(mut self, enabled: impl FnOnce() -> Enabled) -> Self {
        if self.bits != 0 || self.reports {
            let Enabled { spans, metrics } = enabled();
            self.bits &= if spans { u32::MAX } else { !SPANS };
            self.bits &= if metrics { u32::MAX } else { !METRICS };
            self.reports &= metrics;
        }
        self
    }

    /// Where somebody wants its span, the call records more than its fields.
    #[inline]
    #[must_use]
    pub fn linked(mut self) -> Self {
        if self.bits & SPANS != 0 {
            self.bits |= EXTRAS;
        }
        self
    }

    /// Its span is a child of `parent`.
    #[inline]
    pub fn under(self, parent: impl FnOnce() -> Parent) -> Placed {
        let parent = (self.bits & SPANS != 0).then(parent);
        Placed { switched: self, parent }
    }

    /// What the call begins with, and what decides about its report.
    #[inline(always)]
    #[must_use]
    pub fn gated(self) -> (Self, Gate) {
        (self, Gate(self.reports))
    }
}

impl Callee for Switched {
    #[inline(always)]
    fn site(&self) -> &'static Site {
        self.site
    }

    #[inline(always)]
    fn bits(&self) -> u32 {
        self.bits
    }
}

/// The same, with a parent.
#[derive(Debug)]
pub struct Placed {
    switched: Switched,
    /// Nothing where nobody wants the span.
    parent: Option<Parent>,
}

impl Placed {
    /// What the call begins with, and what decides about its report.
    #[inline(always)]
    #[must_use]
    pub fn gated(self) -> (Self, Gate) {
        let gate = Gate(self.switched.reports);
        (self, gate)
    }
}

impl Callee for Placed {
    #[inline(always)]
    fn site(&self) -> &'static Site {
        self.switched.site
    }

    #[inline(always)]
    fn bits(&self) -> u32 {
        self.switched.bits
    }

    #[inline(always)]
    fn parent(&self) -> Option<&Parent> {
        self.parent.as_ref()
    }
}

/// Decides whether a call is reported.
#[derive(Clone, Copy, Debug)]
pub struct Gate(bool);

impl Gate {
    /// What `begin` begins, where metrics are on.
    #[inline(always)]
    pub fn reporting<E: Ends>(
        self,
        begin: impl FnOnce(Beginning) -> E,
    ) -> impl FnOnce(Beginning) -> Option<E> {
        move |call| self.0.then(|| begin(call))
    }
}
