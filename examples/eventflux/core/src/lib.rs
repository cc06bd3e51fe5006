//! A small stream processor: queries, which are like SQL, over streams of events.
//!
//! | Module | Holds |
//! | --- | --- |
//! | `sql`, `plan`, `expression` | from the text of a query to what it does |
//! | `engine` | streams, sinks and queries together |
//! | `source`, `stream`, `pipeline` | where events come from, who gets them, and the bounded queues in between |
//! | `query`, `input`, `operators` | a query that runs: `filter`, `join`, `window`, `aggregate` |
//! | `sink`, `link` | where results go, other nodes among it, over TCP and gRPC |
//! | `metrics`, `collector`, `custom` | what is counted, what is sampled, and what queries themselves measure |
//! | `health`, `state` | how it is, and what it keeps |
//! | `config`, `telemetry`, `demo` | `eventflux.toml`, the start, and what the example runs |
//!
//! Spans come from `#[instrument]`, and with them what is counted of calls; all other metrics from derives.
//!
//! ```
//! use eventflux::{EngineSettings, EventFlux};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let engine = EventFlux::new(EngineSettings::default());
//! engine
//!     .load(
//!         "CREATE STREAM Trades (symbol TEXT, price DOUBLE) FROM generator(events = 1000, rate = 0);
//!          CREATE SINK Averages TO memory;
//!          CREATE QUERY averages AS
//!            SELECT symbol, COUNT(*) AS trades, AVG(price) AS avg_price FROM Trades
//!            WHERE price > 10 WINDOW TUMBLING 1 SECOND GROUP BY symbol INTO Averages;",
//!     )
//!     .await?;
//! engine.start();
//! let done = engine.completed().await;
//! assert_eq!(done[0].1.events_processed, 1000);
//! assert!(!engine.rows("Averages").is_empty());
//! # Ok::<(), eventflux::EngineError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregate;
pub mod attributes;
mod collector;
pub mod config;
mod custom;
pub mod demo;
mod engine;
mod error;
mod expression;
mod filter;
mod health;
mod input;
mod join;
mod link;
mod metrics;
mod operators;
mod pipeline;
mod plan;
mod query;
mod sink;
mod source;
mod sql;
mod state;
mod stream;
mod telemetry;
mod value;
mod window;

pub use aggregate::Aggregator;
pub use collector::MetricsCollector;
pub use config::Config;
pub use engine::{EngineSettings, EventFlux};
pub use error::{EngineError, QueryError};
pub use expression::ExpressionError;
pub use health::{HealthCheck, HealthMonitor, HealthStatus};
pub use link::grpc::inject_trace_context;
pub use metrics::{
    ErrorKind, EventFluxMetrics, MetricsRegistry, Name, OfError, OfQuery, OfStream, QueryMetrics,
    StreamMetrics, gather_metrics, metrics_handler,
};
pub use pipeline::{Batch, EventPipeline, PipelineMetrics};
pub use plan::Query;
pub use query::{Executed, QueryRuntime, execute_query, process_event};
pub use sink::{Sink, SinkKind};
pub use source::SourceKind;
pub use sql::SqlError;
pub use state::StateBackend;
pub use stream::{Stream, StreamJunction};
pub use telemetry::{init_tracer, observability};
pub use value::{Event, NoEvent, Schema, Type, Value};
pub use window::{Window, WindowType};

#[cfg(test)]
mod tests;
