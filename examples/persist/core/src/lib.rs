//! Snapshots of agents: JSON with a content hash, compressed with gzip, on the local disk or in S3.
//!
//! Every span here comes from an annotation, and so does every metric of a request; log lines are `tracing` events. They are
//! documented in the README of the example `persist`.
//!
//! ```no_run
//! use persist_core::{
//!     PersistMetrics, SnapshotMetadata, StorageConfig, create_engine_from_config, init_default_observability,
//! };
//!
//! init_default_observability()?;
//!
//! let config = StorageConfig::s3_with_bucket("my-bucket".to_string());
//! let engine = create_engine_from_config(config)?;
//!
//! // Operations are automatically instrumented
//! let (agent_json, metadata) = (r#"{"memory": []}"#, SnapshotMetadata::new("agent-7", "session-42"));
//! let result = engine.save_snapshot(&agent_json, &metadata, "snapshot.json.gz")?;
//!
//! let metrics = PersistMetrics::global().gather_metrics().unwrap();
//! println!("{metrics}");
//! println!("Metrics debug info: {:#?}", PersistMetrics::global().gather_debug_info());
//! # Ok::<(), persist_core::PersistError>(())
//! ```

mod compression;
mod config;
mod engine;
mod error;
mod metrics;
mod observability;
mod snapshot;
mod storage;

pub use config::{S3Config, StorageConfig, create_engine_from_config};
pub use engine::{Saved, SnapshotEngine};
pub use error::PersistError;
pub use metrics::{Operation, PersistMetrics};
pub use observability::{init_default_observability, init_observability_with_jaeger, observability};
pub use snapshot::{Snapshot, SnapshotMetadata};
pub use storage::bucket::{Bucket, S3Error};
pub use storage::memory::MemoryBucket;
