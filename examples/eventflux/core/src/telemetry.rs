//! One line turns the telemetry on.

use spanwright::config::{LogFormat, LogOutput};
use spanwright::telemetry::{Builder, InstallError};
use spanwright::{Guard, Telemetry, Tracer};

use crate::config::{Config, Format};

/// What it is called in all telemetry.
const SERVICE: &str = "eventflux";

/// The processor's telemetry, as its file says; variables that begin with `EVENTFLUX_`, and OpenTelemetry's own, win over it.
pub fn observability(config: &Config) -> Builder {
    let logging = &config.logging;
    let output = match &*logging.output {
        "stdout" => LogOutput::Stdout,
        "stderr" => LogOutput::Stderr,
        path => LogOutput::File(path.into()),
    };
    let builder = Telemetry::builder()
        .prefix("EVENTFLUX")
        .service_name(SERVICE)
        .service_version(env!("CARGO_PKG_VERSION"))
        .resource_attribute("deployment.environment", config.service.environment.name())
        .log_filter(&logging.level)
        .log_output(output)
        .drain_period(config.shutdown.drain())
        .rolling_windows(true);
    match logging.format {
        None => builder,
        Some(Format::Json) => builder.log_format(LogFormat::Json),
        Some(Format::Pretty) => builder.log_format(LogFormat::Pretty),
    }
}

/// Sends spans of the service to the Jaeger of this machine, for programs that want no more than that. The tracer opens spans
/// around blocks: `tracer.span("…")`.
///
/// # Errors
/// Where the process has its telemetry already.
pub fn init_tracer(service_name: &str) -> Result<(Guard, Tracer), InstallError> {
    let jaeger = Telemetry::builder().service_name(service_name).jaeger_endpoint("http://localhost:4318");
    Ok((jaeger.metrics_enabled(false).install()?, Tracer::new("eventflux")))
}
