//! The example services, run as programs and judged by others: Prometheus, promtool, the OpenMetrics parser of
//! PyPI, an OTLP receiver, a collector, and collectors of our own that misbehave.
//!
//! A backend that is not installed skips its tests with a line that says so, unless `SPANWRIGHT_REQUIRE_BACKENDS=1`.

mod admin;
mod admin_load;
mod alerting;
mod any_snapshot;
mod architecture;
mod backends;
mod bad_collectors;
mod bad_input;
mod bad_metric_collectors;
mod broker;
mod brokers;
mod built;
mod catalog;
mod collector;
mod command_line;
mod configuration;
mod documents;
mod emitter;
mod ends;
mod exposition;
mod formats;
mod generated;
mod health;
mod lifecycle;
mod load;
mod logs;
mod memory;
mod names;
mod otlp;
mod process;
mod process_metrics;
mod prometheus;
mod push;
mod pushed;
mod secrets;
mod shop;
mod spans;
mod trace_context;
mod zipkin;
