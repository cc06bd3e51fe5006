//! One annotation, every signal: spans, RED metrics, correlated logs and health from attributes and derives.
//!
//! | Start here | For |
//! | --- | --- |
//! | [`macro@main`], [`Telemetry`], [`init_default`] | turning it on, in a binary |
//! | [`macro@instrument`] | a span, and metrics, of each call of a function |
//! | [`macro@instrument_all`] | the same for all functions of an `impl` or a module |
//! | [`record!`] | fields of that span that are known later |
//! | [`AsParent`], [`Enabled`], [`component`] | where a span begins, and whether: each call, and whole components while the program runs |
//! | [`Tracer`], [`Traced`] | a struct's own spans around blocks, named at run time, with a switch |
//! | [`macro@Metrics`], [`macro@Label`], [`macro@Labels`] | counters, gauges and histograms in a struct |
//! | [`Attribute`], [`macro@Attributes`] | what fields are called, as typed constants, one by one or as a struct |
//! | [`InContext`], [`spawn_thread`] | tasks and threads that go on in the span that starts them |
//! | [`propagation`] | traces and baggage across processes: headers in and out |
//! | [`Secret`] | values that no telemetry shows |
//! | [`process`], [`watch_runtime`] | what is known of the process and of Tokio runtimes |
//! | [`registry::Windows`], [`registry::Watched`] | rates and trends of the last minutes; state that tells when it changes |
//! | [`layer`], [`subscriber`], [`Registry::prometheus_collector`] | what is in place already: a `tracing` subscriber, a `prometheus::Registry` |
//! | [`callsites`], [`Objective`] | what is annotated, and what is expected of it |
//! | [`catalog()`] | everything that the program can emit, as data for dashboards and alerts |
//! | [`ENABLED`], [`is_installed`], [`set_enabled`] | whether telemetry is compiled in, whether it runs, and a switch for all of it |
//! | [`health`] | checks, readiness, and what services say of themselves |
//! | [`macro@test`], [`testing`] | tests with telemetry of their own, and assertions on it |
//! | [`config`] | every key and environment variable, and the file |
//! | [`logs`] | log lines, and which of them are written |
//!
//! A library depends on this crate with `default-features = false`: its annotations are then the bare functions, until
//! the final binary turns on the feature `telemetry`.

mod attribute;
mod await_point;
mod body;
mod callsite;
#[cfg(feature = "catalog")]
pub mod catalog;
mod component;
#[cfg(feature = "console")]
mod console;
mod convention;
mod enabled;
mod error_type;
#[macro_use]
mod listed;
mod event;
mod metric;
mod parent;
mod record;
mod secret;
mod task;
mod tracer;

pub mod export;
pub mod propagation;
pub mod registry;

#[cfg(feature = "telemetry")]
mod bridge;
#[cfg(feature = "telemetry")]
mod call;
#[cfg(feature = "telemetry")]
pub mod config;
#[cfg(feature = "telemetry")]
mod entry;
#[cfg(feature = "telemetry")]
pub mod health;
#[cfg(feature = "telemetry")]
mod init;
#[cfg(feature = "telemetry")]
pub mod logs;
#[cfg(feature = "metrics")]
mod metrics_bridge;
#[cfg(not(feature = "telemetry"))]
mod off;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "telemetry")]
mod own_metrics;
#[cfg(feature = "telemetry")]
pub mod process;
#[cfg(feature = "recorder")]
pub mod recorder;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "telemetry")]
mod signals;
#[cfg(feature = "telemetry")]
pub mod span;
#[cfg(feature = "telemetry")]
pub mod telemetry;
#[cfg(feature = "telemetry")]
pub mod testing;
#[cfg(feature = "telemetry")]
mod tokio_metrics;
#[cfg(feature = "tower")]
pub mod tower;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use attribute::{Attribute, AttributeDescriptor, AttributeType, Attributes, Redaction, ValueType};
pub use callsite::{Callsite, callsites};
#[cfg(feature = "catalog")]
pub use catalog::catalog;
pub use component::{Component, ComponentState, Decider, component, components};
pub use enabled::{Enabled, Enables};
pub use error_type::ErrorType;
pub use event::Event;
#[cfg(feature = "telemetry")]
pub use init::{init_default, init_with_jaeger, init_with_otlp};
pub use listed::Catalog;
pub use metric::{
    Alert, ByOutcome, CallMetrics, Comparison, Condition, Counted, Counter, DEFAULT_BUCKETS,
    DURATION_BUCKETS, DerivedMetric, Described, Descriptors, Gauge, Gauged, Histogram, Interner, Label,
    Labels, Metric, MetricDescriptor, Metrics, NestedMetrics, OVERFLOW, Observed, Panel, PanelKind,
    PerThread, Piece, Severity, Shared, Storage, Threshold, Timer, UpDownCounter, UppedDowned,
};
#[cfg(feature = "metrics")]
pub use metrics_bridge::{MetricsRecorder, metrics_recorder};
#[cfg(not(feature = "telemetry"))]
pub use off::is_installed;
pub use parent::{AsParent, Causes, Parent};
pub use record::{Record, RecordAs};
pub use registry::Registry;
pub use secret::Secret;
#[cfg(feature = "telemetry")]
pub use signals::{ShutdownToken, shutdown_token};
#[cfg(feature = "telemetry")]
pub use span::{layer, subscriber};
pub use spanwright_core::cells::StoreId;
pub use spanwright_core::context::{Context, ContextGuard};
pub use spanwright_core::objective::{CallFamilies, Indicator, Objective};
pub use spanwright_core::slots::Outcome;
pub use spanwright_macros::{
    Attributes, ErrorType, Event, Label, Labels, Metrics, instrument, instrument_all,
};
#[cfg(feature = "telemetry")]
pub use spanwright_macros::{main, test};
pub use task::{FutureInContext, InContext, spawn_thread};
#[cfg(feature = "telemetry")]
pub use task::{JoinSet, spawn, spawn_blocking};
#[cfg(feature = "telemetry")]
pub use telemetry::{
    Guard, SampleRate, Sampler, Telemetry, is_enabled, is_installed, metrics_addr, set_enabled, windows,
};
#[cfg(feature = "telemetry")]
pub use tokio_metrics::{Runtimes, watch_runtime};
pub use tracer::{SpanKey, SpanRecorder, Traced, Tracer, TracerSpan};

/// Whether telemetry is compiled in. Without it, annotated functions are bare.
///
/// ```
/// if spanwright::ENABLED {
///     println!("annotations record, once the telemetry is installed");
/// }
/// ```
pub const ENABLED: bool = cfg!(feature = "telemetry");

/// The README's examples are tests, of a program with telemetry.
#[cfg(all(doctest, feature = "telemetry"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The examples of the macros are tests, with telemetry and without.
#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../macros/src/attributes/documentation.md")]
    struct Attributes;
    #[doc = include_str!("../../macros/src/error_type/documentation.md")]
    struct ErrorType;
    #[doc = include_str!("../../macros/src/event/documentation.md")]
    struct Event;
    #[doc = include_str!("../../macros/src/instrument/documentation.md")]
    struct Instrument;
    #[doc = include_str!("../../macros/src/instrument_all/documentation.md")]
    struct InstrumentAll;
    #[doc = include_str!("../../macros/src/label/documentation.md")]
    struct Label;
    #[doc = include_str!("../../macros/src/labels/documentation.md")]
    struct Labels;
    #[doc = include_str!("../../macros/src/metrics/documentation.md")]
    struct Metrics;
    #[cfg(feature = "telemetry")]
    #[doc = include_str!("../../macros/src/main/documentation.md")]
    struct Main;
    #[cfg(feature = "telemetry")]
    #[doc = include_str!("../../macros/src/test/documentation.md")]
    struct Test;
}
