//! One-line starts. Each is a [`Telemetry::builder`] with a word said to it, and the environment wins over that.

use crate::telemetry::{Guard, InstallError, Telemetry};

/// Starts the telemetry with log lines on the standard output, and metrics and health at `127.0.0.1:9090`. Spans are
/// recorded, so that log lines carry their ids, and sent nowhere unless the environment says so.
///
/// ```no_run
/// let _telemetry = spanwright::init_default()?;
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
///
/// # Errors
/// Those of [`Builder::install`](crate::telemetry::Builder::install).
pub fn init_default() -> Result<Guard, InstallError> {
    Telemetry::builder().install()
}

/// Starts the telemetry as [`init_default`] does, and sends spans, log records and metrics over OTLP to this receiver, by
/// HTTP with protobuf: `http://localhost:4318`, to which `/v1/traces`, `/v1/logs` and `/v1/metrics` are appended.
///
/// What is no `http` or `https` URL is a [`Problem`](crate::telemetry::Problem), which is printed; then nothing is
/// sent.
///
/// ```no_run
/// let _telemetry = spanwright::init_with_otlp("http://localhost:4318")?;
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
///
/// # Errors
/// Those of [`Builder::install`](crate::telemetry::Builder::install).
pub fn init_with_otlp(url: &str) -> Result<Guard, InstallError> {
    Telemetry::builder().otlp_endpoint(url).install()
}

/// Starts the telemetry as [`init_default`] does, and sends spans over OTLP to this Jaeger: `http://localhost:4318`. It
/// takes no log records and no metrics, and is sent none.
///
/// Jaeger's older ways in, such as `http://localhost:14268/api/traces` or its agent's `localhost:6831`, are taken for
/// its OTLP receiver at port 4318 of that host, with a warning: see
/// [`Builder::jaeger_endpoint`](crate::telemetry::Builder::jaeger_endpoint).
///
/// ```no_run
/// let _telemetry = spanwright::init_with_jaeger("http://localhost:4318")?;
/// # Ok::<(), spanwright::telemetry::InstallError>(())
/// ```
///
/// # Errors
/// Those of [`Builder::install`](crate::telemetry::Builder::install).
pub fn init_with_jaeger(url: &str) -> Result<Guard, InstallError> {
    Telemetry::builder().jaeger_endpoint(url).install()
}
