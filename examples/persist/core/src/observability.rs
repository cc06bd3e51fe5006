//! One line turns the telemetry on.

use std::sync::OnceLock;

use spanwright::telemetry::Builder;
use spanwright::{Guard, Telemetry};

use crate::PersistError;

/// Kept until the process ends, which exports what there is then.
static TELEMETRY: OnceLock<Guard> = OnceLock::new();

/// Persist's telemetry, for programs that have more to say to it, or keep its guard themselves: variables begin with
/// `PERSIST_`, and `RUST_LOG=persist_core=trace` shows the spans on the console.
pub fn observability() -> Builder {
    Telemetry::builder().prefix("PERSIST").service_name("persist").console_at_trace("persist_core")
}

/// Log lines on the console, and metrics at <http://localhost:9090/metrics>, unless the environment says otherwise. `SIGTERM`
/// and `SIGINT` flush before they end the program.
///
/// # Errors
/// Where the process has its telemetry already.
pub fn init_default_observability() -> Result<(), PersistError> {
    start(observability())
}

/// The same, and spans go to this Jaeger: `http://localhost:14268/api/traces`.
///
/// # Errors
/// Where the process has its telemetry already.
pub fn init_observability_with_jaeger(endpoint: &str) -> Result<(), PersistError> {
    start(observability().jaeger_endpoint(endpoint))
}

fn start(telemetry: Builder) -> Result<(), PersistError> {
    let guard = telemetry.handle_signals().install()?;
    // The process has one telemetry, so there is no other guard.
    let _ = TELEMETRY.set(guard);
    Ok(())
}
