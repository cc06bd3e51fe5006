//! A run to be counted: `benches/eventflux.sh` says what of it is spent on metrics and spans.
//!
//! The argument is how many events there are; whether they are traced, `EVENTFLUX_TRACING_ENABLED` says. It prints how much time of
//! a processor each took.
#![allow(clippy::print_stdout, reason = "a benchmark says what it has found")]

use std::error::Error;
use std::time::Duration;

use eventflux::{Config, EventFlux, observability};
use spanwright::export::{ExportError, SpanExporter};
use spanwright::registry::Registry;
use spanwright::span::SpanRef;

/// Takes spans and does nothing with them.
struct Null;

impl SpanExporter for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn export(&mut self, _: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [events] = arguments.as_slice() else { return Err("usage: cost EVENTS".into()) };
    let events: u64 = events.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut config = Config::default();
    config.logging.level = "error".to_owned();
    let telemetry = observability(&config).metrics_enabled(false).exporter(Null).install()?;
    let done = runtime.block_on(async {
        let engine = EventFlux::new(config.engine.settings());
        // What the document's query does: a filter, a window, groups, and results that go somewhere.
        let statements = format!(
            "CREATE STREAM StockStream (symbol TEXT, price DOUBLE, volume INT)
               FROM generator(events = {events}, rate = 0, batch = 100);
             CREATE SINK Kept TO memory;
             CREATE QUERY stock_aggregation AS
               SELECT symbol, COUNT(*) AS trades, AVG(price) AS avg_price, MAX(price) AS high FROM StockStream
               WHERE price > 10 AND volume >= 5 WINDOW TUMBLING 1 SECOND GROUP BY symbol INTO Kept;"
        );
        engine.load(&statements).await?;
        engine.start();
        Ok::<_, eventflux::EngineError>(engine.completed().await)
    })?;
    let cpu = Registry::global().get_metric("process_cpu_seconds_total");
    let seconds: f64 =
        cpu.iter().flat_map(|family| &family.series).filter_map(|series| series.value.number()).sum();
    drop(telemetry);
    println!(
        "{} events, {:.0} ns of a processor each",
        done[0].1.events_processed,
        seconds * 1e9 / events as f64
    );
    Ok(())
}
