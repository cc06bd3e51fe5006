//! A struct's own tracer: spans around blocks of code, with a name and attributes that are known at run time, and a switch.
//!
//! They are calls like those of annotated functions: sampled, nested and ended in the same way. The difference is the
//! callsite, of which there is one for each tracer's name, and that layers of `tracing` other than ours don't see them.

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::future::Future;

use spanwright_core::descriptor::SpanKind;
use spanwright_core::slots::Outcome;
use spanwright_core::slots::value::{Value, index};

use crate::__private::{Block, BlockHandle, TracerState};
use crate::attribute::{Attribute, Redaction};
use crate::error_type::{self, ErrorType};
use crate::record::{Record, RecordAs};

/// What has a [`Tracer`] of its own.
///
/// With it, `#[instrument(enabled = self)]` on methods follows the tracer's switch, and blocks within them can have spans
/// of their own:
///
/// ```
/// use spanwright::{Traced, Tracer, instrument};
///
/// struct EventBus {
///     tracer: Tracer,
/// }
///
/// impl Traced for EventBus {
///     fn tracer(&self) -> &Tracer {
///         &self.tracer
///     }
/// }
///
/// impl EventBus {
///     #[instrument(enabled = self)]
///     fn publish(&self, topic: &str, events: &[&str]) -> usize {
///         self.tracer.span(format_args!("publish {topic}")).with("events", events.len()).in_scope(|span| {
///             let sent = events.iter().filter(|event| !event.is_empty()).count();
///             span.record("sent", sent);
///             sent
///         })
///     }
/// }
///
/// let bus = EventBus { tracer: Tracer::new("shop.event_bus").switched(false) };
/// assert!(!bus.tracing_enabled());
/// assert_eq!(bus.publish("orders", &["placed", ""]), 1);
/// ```
pub trait Traced {
    /// The tracer.
    fn tracer(&self) -> &Tracer;

    /// Whether a span of it would be recorded now, as far as its switch, its component and the filter of spans say.
    fn tracing_enabled(&self) -> bool {
        self.tracer().is_enabled()
    }
}

/// Opens spans around blocks, under a name of its own, and has a switch. A field of what is [`Traced`].
///
/// Its name is what filters of spans match as a target, and what a [`component`](crate::component()) is called: so
/// `<PREFIX>_COMPONENTS=shop.event_bus=off` switches off all tracers of that name, and those within it. Of a switched-off
/// tracer nothing is formatted, evaluated or allocated. There can be 1,024 names; tracers with others share a callsite, and so
/// filters and components by name don't find them.
///
/// Without telemetry it has no size, and its blocks run as they are.
#[derive(Clone, Debug)]
pub struct Tracer(TracerState);

impl Tracer {
    /// A tracer that is switched on.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(TracerState::new(name))
    }

    /// The same tracer, switched on or off.
    #[must_use]
    pub fn switched(self, on: bool) -> Self {
        self.switch(on);
        self
    }

    /// Switches it on or off, from the next span on. A clone has a switch of its own.
    pub fn switch(&self, on: bool) {
        self.0.switch(on);
    }

    /// Whether its own switch and its component's are on. What [`Enables`](crate::Enables) asks.
    #[inline]
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_on()
    }

    /// Whether a span of it would be recorded now, as far as its switch, its component and the filter of spans say: a trace may
    /// still be left out by sampling.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.is_enabled()
    }

    /// Opens a span of this name, which is formatted only where somebody listens: `format_args!("publish {topic}")`. It is
    /// a child of the current span, and timed from here on; it becomes the current one for what runs in it.
    #[inline]
    pub fn span(&self, name: impl Display) -> TracerSpan {
        TracerSpan(self.0.open(&name))
    }
}

impl From<String> for Tracer {
    /// A tracer of a name that is known at run time. Names are kept for good.
    fn from(name: String) -> Self {
        Self(TracerState::owned(name))
    }
}

/// A span that a [`Tracer`] has opened. What runs in it ends it: `ok`, `error`, `panicked`, or `cancelled`, where a future is
/// dropped or nothing has run in it at all.
#[derive(Debug)]
#[must_use = "the span is around what runs in it"]
pub struct TracerSpan(Block);

impl TracerSpan {
    /// Records an attribute.
    ///
    /// ```
    /// use spanwright::{Attribute, Tracer};
    ///
    /// const ATTR_TOPIC: Attribute<str> = Attribute::new("shop.topic");
    ///
    /// let tracer = Tracer::new("shop");
    /// tracer.span("publish").with(&ATTR_TOPIC, "orders").with("attempt", 2).in_scope(|_| ());
    /// ```
    #[inline]
    pub fn with<V, K: SpanKey<V> + ?Sized>(self, key: &K, value: V) -> Self {
        self.0.handle().record(key, value);
        self
    }

    /// Records an attribute whose value is evaluated only where somebody listens.
    #[inline]
    pub fn with_fn<V, K: SpanKey<V> + ?Sized>(self, key: &K, value: impl FnOnce() -> V) -> Self {
        if self.0.handle().is_recording() {
            return self.with(key, value());
        }
        self
    }

    /// Records what a value's `Display` says.
    #[inline]
    pub fn with_display(self, key: &str, value: impl Display) -> Self {
        self.0.handle().record_display(key, value);
        self
    }

    /// Records what a value's `Debug` says.
    #[inline]
    pub fn with_debug(self, key: &str, value: impl Debug) -> Self {
        self.0.handle().record_debug(key, value);
        self
    }

    /// Sets the span's role in a trace.
    #[inline]
    pub fn kind(self, kind: SpanKind) -> Self {
        self.0.handle().0.write(|fields| fields.push(index::KIND, Value::Str(kind.as_str())));
        self
    }

    /// Runs a block in the span.
    #[inline]
    pub fn in_scope<R>(self, block: impl FnOnce(SpanRecorder) -> R) -> R {
        let recorder = self.0.handle();
        self.0.run(|| block(recorder), ok)
    }

    /// Runs a block in the span; an `Err` is the span's outcome, with the name of its type as `error.type`, whatever it says of
    /// itself by [`ErrorType`]: that is for [`try_in_scope_classified`](Self::try_in_scope_classified).
    ///
    /// # Errors
    /// The block's.
    #[inline]
    pub fn try_in_scope<T, E>(self, block: impl FnOnce(SpanRecorder) -> Result<T, E>) -> Result<T, E> {
        let recorder = self.0.handle();
        self.0.run(|| block(recorder), by_type)
    }

    /// Runs a block in the span; an `Err` is what it says of itself: the span's `error.type`, and `error` unless it is to be
    /// expected. That is what [`instrument`](macro@crate::instrument) finds out by itself.
    ///
    /// ```
    /// use spanwright::{ErrorType, Tracer};
    ///
    /// #[derive(Debug, ErrorType)]
    /// enum Failed {
    ///     Timeout,
    ///     #[error_type(expected)]
    ///     NotFound,
    /// }
    ///
    /// let tracer = Tracer::new("shop");
    /// // The span ends as `ok`, with error.type = "not_found".
    /// let found = tracer.span("find").try_in_scope_classified(|_| Err::<u64, _>(Failed::NotFound));
    /// # assert!(found.is_err());
    /// # let _ = Failed::Timeout;
    /// ```
    ///
    /// # Errors
    /// The block's.
    #[inline]
    pub fn try_in_scope_classified<T, E: ErrorType>(
        self,
        block: impl FnOnce(SpanRecorder) -> Result<T, E>,
    ) -> Result<T, E> {
        let recorder = self.0.handle();
        self.0.run(|| block(recorder), by_itself)
    }

    /// Runs a future in the span: at each poll the span is the current one.
    ///
    /// ```
    /// # async fn send() {}
    /// # async fn publish(tracer: &spanwright::Tracer, topic: &str) {
    /// tracer
    ///     .span(format_args!("publish {topic}"))
    ///     .follow(|span| async move {
    ///         send().await;
    ///         span.record("sent", true);
    ///     })
    ///     .await;
    /// # }
    /// ```
    #[inline]
    pub fn follow<F: Future>(
        self,
        future: impl FnOnce(SpanRecorder) -> F,
    ) -> impl Future<Output = F::Output> {
        let recorder = self.0.handle();
        self.0.follow(future(recorder), ok)
    }

    /// Runs a future in the span; an `Err` is the span's outcome, with the name of its type as `error.type`, whatever it says of
    /// itself by [`ErrorType`]: that is for [`try_follow_classified`](Self::try_follow_classified).
    #[inline]
    pub fn try_follow<F, T, E>(
        self,
        future: impl FnOnce(SpanRecorder) -> F,
    ) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let recorder = self.0.handle();
        self.0.follow(future(recorder), by_type)
    }

    /// Runs a future in the span; an `Err` is what it says of itself, as in
    /// [`try_in_scope_classified`](Self::try_in_scope_classified).
    #[inline]
    pub fn try_follow_classified<F, T, E: ErrorType>(
        self,
        future: impl FnOnce(SpanRecorder) -> F,
    ) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let recorder = self.0.handle();
        self.0.follow(future(recorder), by_itself)
    }
}

/// How a block has ended, and its error's type.
pub(crate) type Ended = (Outcome, Option<&'static str>);

const fn ok<R>(_: &R) -> Ended {
    (Outcome::Ok, None)
}

fn by_type<T, E>(returned: &Result<T, E>) -> Ended {
    returned.as_ref().map_or_else(|_| (Outcome::Error, Some(type_name::<E>())), ok)
}

fn by_itself<T, E: ErrorType>(returned: &Result<T, E>) -> Ended {
    let failed = |error| {
        let (outcome, error_type) = error_type::classified(error);
        (outcome, Some(error_type))
    };
    returned.as_ref().map_or_else(failed, ok)
}

/// Records into the span of a block, until that has ended: from other threads too.
#[derive(Clone, Copy, Debug)]
pub struct SpanRecorder(pub(crate) BlockHandle);

impl SpanRecorder {
    /// Whether what is recorded goes anywhere.
    #[inline]
    #[must_use]
    pub fn is_recording(self) -> bool {
        self.0.is_recording()
    }

    /// Records an attribute.
    #[inline]
    pub fn record<V, K: SpanKey<V> + ?Sized>(self, key: &K, value: V) {
        self.0.write(|fields| key.record(&value, &mut |key, value| fields.push_keyed(key, value)));
    }

    /// Records what a value's `Display` says.
    #[inline]
    pub fn record_display(self, key: &str, value: impl Display) {
        self.0.write(|fields| fields.push_keyed_fmt(key, format_args!("{value}")));
    }

    /// Records what a value's `Debug` says.
    #[inline]
    pub fn record_debug(self, key: &str, value: impl Debug) {
        self.0.write(|fields| fields.push_keyed_fmt(key, format_args!("{value:?}")));
    }
}

/// What an attribute of a span is called at run time: text, or an [`Attribute`], whose values have its type and are redacted
/// as it says.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the name of an attribute that is a `{V}`",
    label = "not a name with such a value",
    note = "a name is text, or `&ATTR_NAME` of an `Attribute<T>` whose values are `T`; a value is a boolean, a number or text",
    note = "anything else is recorded by `with_display` or `with_debug`; a `Secret` is never recorded"
)]
pub trait SpanKey<V: ?Sized> {
    /// Hands on the name and what may be shown of the value.
    #[doc(hidden)]
    fn record(&self, value: &V, field: &mut dyn FnMut(&str, Value<'_>));
}

#[diagnostic::do_not_recommend]
impl<V: Record + ?Sized> SpanKey<V> for str {
    fn record(&self, value: &V, field: &mut dyn FnMut(&str, Value<'_>)) {
        value.record(&mut |value| field(self, value));
    }
}

/// Hands on what a redaction leaves of a text.
#[cfg(feature = "telemetry")]
fn show_left(redaction: Redaction, text: &str, field: &mut dyn FnMut(Value<'_>)) {
    if let Some(left) = crate::attribute::left(redaction, text) {
        field(Value::Str(left.as_str()));
    }
}

#[cfg(not(feature = "telemetry"))]
fn show_left(_: Redaction, _: &str, _: &mut dyn FnMut(Value<'_>)) {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, V: RecordAs<T> + ?Sized> SpanKey<V> for Attribute<T> {
    fn record(&self, value: &V, field: &mut dyn FnMut(&str, Value<'_>)) {
        let key = self.key();
        match self.redaction() {
            Redaction::Shown => value.record_typed(&mut |value| field(key, value)),
            Redaction::Dropped => {}
            redaction => value.record_typed(&mut |value| {
                // Only text has any other redaction.
                if let Value::Str(text) = value {
                    show_left(redaction, text, &mut |left| field(key, left));
                }
            }),
        }
    }
}
