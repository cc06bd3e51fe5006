//! What is switched on: spans, metrics, or both; and what can say so of a call.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::component::Component;
use crate::tracer::{Traced, Tracer};

/// What is switched on of a call, or of a component: its spans and its metrics, each by itself.
///
/// ```
/// use spanwright::Enabled;
///
/// let counted = Enabled { spans: false, ..Enabled::ALL };
/// assert_eq!(counted, Enabled::METRICS);
/// assert_eq!(counted.to_string(), "metrics");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enabled {
    /// Spans are recorded, by us and by layers of `tracing`.
    pub spans: bool,
    /// Calls are counted and timed, in the function's own metrics and in those of one's own.
    pub metrics: bool,
}

impl Enabled {
    /// Everything.
    pub const ALL: Self = Self { spans: true, metrics: true };
    /// Nothing.
    pub const NONE: Self = Self { spans: false, metrics: false };
    /// Spans alone.
    pub const SPANS: Self = Self { spans: true, metrics: false };
    /// Metrics alone.
    pub const METRICS: Self = Self { spans: false, metrics: true };

    /// Its name, as in the configuration: `on`, `off`, `spans` or `metrics`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.spans, self.metrics) {
            (true, true) => "on",
            (false, false) => "off",
            (true, false) => "spans",
            (false, true) => "metrics",
        }
    }
}

impl Default for Enabled {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Display for Enabled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `true` is all, `false` is nothing: where a whole component is meant.
impl From<bool> for Enabled {
    fn from(on: bool) -> Self {
        if on { Self::ALL } else { Self::NONE }
    }
}

/// What `#[instrument(enabled = …)]` takes: says what is switched on of one call.
///
/// | Type | Switches |
/// | --- | --- |
/// | `bool`, `AtomicBool`, `Cell<bool>` | the call's span; its metrics stay on |
/// | [`Enabled`] | each as it says |
/// | [`Tracer`], and what is [`Traced`] | the call's span, by the tracer's switch |
/// | [`Component`] | both, as the component is switched |
///
/// References, boxes, `Rc`s and `Arc`s of these do as well. `How` tells the kinds apart, and the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what is enabled",
    label = "neither a `bool` nor `Enabled`",
    note = "`enabled = …` takes a `bool`, a `spanwright::Enabled`, a `Tracer`, a `Component`, or `self` where its type is `Traced`"
)]
pub trait Enables<How> {
    /// What is on.
    fn enabled(&self) -> Enabled;
}

/// It is a switch itself.
#[derive(Debug)]
pub enum Itself {}

/// It leads to one.
#[derive(Debug)]
pub struct LeadsTo<How>(PhantomData<How>);

/// It has a tracer.
#[derive(Debug)]
pub enum HasTracer {}

/// The span alone: metrics count what happened, whatever is looked at closely.
const fn spans(on: bool) -> Enabled {
    Enabled { spans: on, metrics: true }
}

macro_rules! switches {
    ($($type:ty: |$this:ident| $enabled:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Enables<Itself> for $type {
            #[inline]
            fn enabled(&self) -> Enabled {
                let $this = self;
                $enabled
            }
        }
    )*};
}

switches! {
    bool: |this| spans(*this);
    AtomicBool: |this| spans(this.load(Ordering::Relaxed));
    Cell<bool>: |this| spans(this.get());
    Enabled: |this| *this;
    Tracer: |this| spans(this.is_on());
    Component: |this| Component::enabled(*this);
}

macro_rules! behind {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<How, T: Enables<How> + ?Sized> Enables<LeadsTo<How>> for $pointer {
            #[inline]
            fn enabled(&self) -> Enabled {
                T::enabled(self)
            }
        }
    )*};
}

behind!(&T, &mut T, Box<T>, Rc<T>, Arc<T>, std::pin::Pin<&mut T>, std::pin::Pin<&T>);

#[diagnostic::do_not_recommend]
impl<T: Traced + ?Sized> Enables<HasTracer> for T {
    #[inline]
    fn enabled(&self) -> Enabled {
        spans(self.tracer().is_on())
    }
}

/// What generated code asks.
#[doc(hidden)]
#[inline]
pub fn enabled<How, T: Enables<How> + ?Sized>(of: &T) -> Enabled {
    of.enabled()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bool_is_about_the_span_alone() {
        assert_eq!(enabled(&false), Enabled::METRICS);
        assert_eq!(enabled(&true), Enabled::ALL);
        assert_eq!(enabled(&&AtomicBool::new(false)), Enabled::METRICS);
        assert_eq!(enabled(&Rc::new(Cell::new(false))), Enabled::METRICS);
        assert_eq!(enabled(&Box::new(Enabled::NONE)), Enabled::NONE);
    }

    #[test]
    fn a_switch_is_called_as_in_the_configuration() {
        let names = [Enabled::ALL, Enabled::NONE, Enabled::SPANS, Enabled::METRICS].map(Enabled::as_str);
        assert_eq!(names, ["on", "off", "spans", "metrics"]);
        assert_eq!(Enabled::from(false), Enabled::NONE);
    }
}
