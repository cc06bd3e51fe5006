//! What metrics cost, without a clock: `benches/eventflux.sh` says how many instructions that is.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use eventflux::{EngineSettings, EventFlux, MetricsRegistry, gather_metrics};

use crate::program::{Page, eventflux};
use crate::system::Running;

#[tokio::test]
async fn events_are_counted_by_batches() {
    let engine = EventFlux::new(EngineSettings { buffer_events: 100_000, ..EngineSettings::default() });
    let statements = "CREATE STREAM Cheap (price DOUBLE) FROM generator(events = 50000, rate = 0, batch = 1000);
         CREATE SINK CheapSink TO memory;
         CREATE QUERY cheap AS SELECT COUNT(*) AS events FROM Cheap WINDOW TUMBLING 10000 EVENTS INTO CheapSink;";
    engine.load(statements).await.expect("the statements are right");
    engine.start();
    engine.completed().await;
    let page = Page::read(&gather_metrics());
    let query = [("query_id", "cheap")];
    assert_eq!(page.sum("query_throughput_total", &query), 50_000.0);
    // Each family of the query is touched once for a thousand events, and so nothing of it is worth an instruction an event.
    assert_eq!(page.sum("query_batch_events_count", &query), 50.0);
    assert!(page.sum("query_latency_seconds_count", &query) <= 51.0);
    assert!(page.sum("query_busy_seconds_count", &query) <= 51.0);
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let registry = MetricsRegistry::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10_000).for_each(|_| registry.events_processed().inc()));
        }
    });
    let family = registry.get_metric("events_processed_total").expect("it is there");
    assert_eq!(family.series[0].value.number(), Some(80_000.0));
}

#[test]
fn a_scrape_that_hangs_holds_nobody_up() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let address = running.admin.trim_start_matches("http://");
    let hanging: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut connection = TcpStream::connect(address).expect("it listens");
            // Who asks, and reads nothing of the answer.
            for _ in 0..50 {
                write!(connection, "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n").expect("it is sent");
            }
            connection
        })
        .collect();
    let mut last = 0.0;
    for _ in 0..3 {
        let count = |page: &Page| page.sum("events_processed_total", &[]);
        last = count(&running.page("more events", |page| count(page) > last));
    }
    drop(hanging);
}
