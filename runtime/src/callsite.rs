//! What is known of annotated functions before they run, for catalogues, dashboards and alerts.

use spanwright_core::descriptor::{Dimension, Spec};
use spanwright_core::objective::{CallFamilies, Objective};

/// An annotated function, as the macros have described it.
#[derive(Clone, Copy, Debug)]
pub struct Callsite(&'static Spec);

impl Callsite {
    /// The span's name. Where that is made of parameters, it is as written, with their braces.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.0.name
    }

    /// What filters match: the module's path unless stated.
    #[must_use]
    pub const fn target(&self) -> &'static str {
        self.0.target
    }

    /// The level's upper-case name.
    #[must_use]
    pub const fn level(&self) -> &'static str {
        self.0.level.as_str()
    }

    /// The span's role in a trace, as in `otel.kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// The part of the program that it belongs to, or nothing.
    #[must_use]
    pub const fn component(&self) -> &'static str {
        self.0.component
    }

    /// The module's path.
    #[must_use]
    pub const fn module(&self) -> &'static str {
        self.0.module
    }

    /// The function's name, without its path.
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.0.function
    }

    /// The source file, and the line in it.
    #[must_use]
    pub const fn place(&self) -> (&'static str, u32) {
        (self.0.file, self.0.line)
    }

    /// The names of the span's attributes.
    #[must_use]
    pub const fn fields(&self) -> &'static [&'static str] {
        self.0.fields
    }

    /// The first paragraph of the function's documentation, or nothing.
    #[must_use]
    pub const fn doc(&self) -> &'static str {
        self.0.doc
    }

    /// The metrics of its own, where it has any.
    #[must_use]
    pub fn families(&self) -> Option<CallFamilies> {
        let calls = self.0.calls?;
        Some(CallFamilies::own(calls.calls_total, calls.duration_seconds, calls.buckets, calls.constant))
    }

    /// Whether its calls are counted in metrics that are not its own, as of a struct.
    #[cfg(feature = "console")]
    pub(crate) const fn reports(&self) -> bool {
        self.0.reports
    }

    /// Its own gauge of calls that have begun and not ended, where it has one.
    #[must_use]
    pub fn in_flight(&self) -> Option<&'static str> {
        self.0.calls?.in_flight
    }

    /// The labels of its own metrics whose values the calls have; beside them there are the families' constant ones.
    #[must_use]
    pub fn dimensions(&self) -> &'static [Dimension] {
        self.0.calls.map_or(&[], |calls| calls.dimensions)
    }

    /// What is expected of its calls.
    #[must_use]
    pub const fn objectives(&self) -> &'static [Objective] {
        self.0.objectives
    }
}

/// All annotated functions that the linker kept; in no order. On platforms where it can't tell them (other than Linux,
/// Android, FreeBSD, Windows and Apple's), those that have been called. Without the feature `telemetry` there are none.
///
/// ```
/// #[spanwright::instrument(slo(success = "99.9%", latency("99%" < "250ms")))]
/// fn settle() {}
///
/// # if spanwright::ENABLED {
/// let settle = spanwright::callsites().find(|callsite| callsite.function() == "settle").expect("it is annotated");
/// let [success, latency] = settle.objectives() else { panic!("there are two") };
/// assert_eq!((success.ratio, success.families.calls), (0.999, "function_calls_total"));
/// assert_eq!((latency.bucket(), latency.families.duration), (Some(0.25), "function_duration_seconds"));
/// # }
/// # settle();
/// ```
pub fn callsites() -> impl Iterator<Item = Callsite> {
    #[cfg(feature = "telemetry")]
    let all = crate::call::specs();
    #[cfg(not(feature = "telemetry"))]
    let all = std::iter::empty();
    all.map(Callsite)
}

/// A text of a callsite's description that a constant has.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ConstantText {
    /// The text.
    pub text: &'static str,
}

impl ConstantText {
    /// Stops the build where it is empty.
    ///
    /// # Panics
    /// At compile time, where it is.
    #[track_caller]
    pub const fn check(self) {
        assert!(!self.text.is_empty(), "this constant is empty: give it a text, or leave the argument out");
    }
}
