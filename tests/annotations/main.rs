//! What annotations do, seen from within one process: spans, their nesting, metrics, and other subscribers.

mod attributes;
mod collected;
mod constant_names;
mod function;
mod mixture;
mod nesting;
mod objectives;
mod reports;
mod switches;
mod tracers;

/// The telemetry of this process.
fn configured(builder: spanwright::telemetry::Builder) -> spanwright::telemetry::Builder {
    builder.log_filter("off,annotations::nesting=info")
}
