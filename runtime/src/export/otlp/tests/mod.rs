//! The exporters against receivers of both transports, and the writers against an independent reader.

mod data;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "grpc")]
mod grpc_receiver;
mod http;
mod logs;
mod metric_delivery;
mod metrics;
mod names;
mod receiver;
mod settings;
mod spans;
mod speed;
#[cfg(feature = "tls")]
mod tls;
