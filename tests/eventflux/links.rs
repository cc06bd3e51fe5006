//! Two nodes, and one trace that goes through both.

use std::fmt::Write;
use std::fs;

use crate::backends::Span;
use crate::collector::Collector;
use crate::process::{Process, TempDir, free_port, until};
use crate::program::{SEED, eventflux};
use crate::table::rows_of;

/// Two programs, of which one reads a file and sends what it has made of it to the other; what both have exported.
#[track_caller]
fn linked(protocol: &str) -> Vec<Span> {
    let (folder, collector) = (TempDir::new(), Collector::start());
    let address = format!("127.0.0.1:{}", free_port());
    let trades = folder.path().join("trades.ndjson");
    let mut lines = String::new();
    for trade in 0..20 {
        let _ = writeln!(
            lines,
            "{{\"timestamp\": {}, \"symbol\": \"ACME\", \"price\": {trade}.5, \"volume\": 3}}",
            1000 * trade
        );
    }
    fs::write(&trades, lines).expect("the temporary directory is writable");
    let columns = "(symbol TEXT, price DOUBLE, volume INT)";
    let receiver = format!(
        "CREATE STREAM Linked {columns} FROM {protocol}(listen = '{address}');\n\
         CREATE SINK Kept TO file(path = '{}');\n\
         CREATE QUERY receiver AS SELECT * FROM Linked INTO Kept;\n",
        folder.path().join("kept.ndjson").display()
    );
    let sender = format!(
        "CREATE STREAM StockStream {columns} FROM file(path = '{}');\n\
         CREATE SINK Link TO {protocol}(connect = '{address}');\n\
         CREATE QUERY sender AS SELECT symbol, price, volume FROM StockStream WHERE price > 2 INTO Link;\n",
        trades.display()
    );
    let start = |node: &str, sql: &str, more: &[&str]| {
        let path = folder.path().join(format!("{node}.sql"));
        fs::write(&path, sql).expect("the temporary directory is writable");
        let mut command = eventflux(&["--sql"]);
        command.arg(path).args(more).env("EVENTFLUX_SERVICE_NAME", node);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_METRICS_EXPORTER", "none");
        Process::start(command.env("OTEL_BSP_SCHEDULE_DELAY", "50"))
    };
    let mut receiving = start("receiver", &receiver, &[]);
    until("the receiver to listen", || std::net::TcpStream::connect(&address).ok());
    let mut sending = start("sender", &sender, &["--once"]);
    assert!(sending.wait().success(), "{}", sending.stderr());
    let kept = folder.path().join("kept.ndjson");
    // Three trades are below the filter's price.
    until("all trades to arrive", || {
        fs::read_to_string(&kept).is_ok_and(|kept| kept.lines().count() >= 18).then_some(())
    });
    receiving.signal("TERM");
    assert!(receiving.wait().success(), "{}", receiving.stderr());
    collector.spans()
}

/// A span of the receiver whose parent is one of the sender, and what they are both in.
#[track_caller]
fn assert_one_trace(spans: &[Span]) {
    let of = |node: &str, span: &&Span| span.service == node;
    let crossing = spans.iter().filter(|span| of("receiver", span)).find_map(|theirs| {
        let parent =
            spans.iter().filter(|span| of("sender", span)).find(|span| span.span_id == theirs.parent)?;
        Some((parent, theirs))
    });
    let (parent, theirs) = crossing.unwrap_or_else(|| {
        let names: Vec<_> = spans.iter().map(|span| (&span.service, &span.name, &span.trace_id)).collect();
        panic!("no span of the receiver is in one of the sender: {names:#?}")
    });
    assert_eq!(parent.trace_id, theirs.trace_id);
    assert_eq!((parent.name.as_str(), theirs.name.as_str()), ("Network Send", "Network Communication"));
    let trace = |node: &'static str| {
        let of_node =
            spans.iter().filter(move |span| span.trace_id == parent.trace_id && span.service == node);
        of_node.map(|span| span.name.as_str()).collect::<Vec<_>>()
    };
    // From the file that one reads to the file that the other writes.
    for (node, names) in [
        ("sender", ["Query Execution", "Source Read", "Filter Processing", "Output Emission"]),
        ("receiver", ["Network Communication", "Query Execution", "Event Ingestion", "Output Emission"]),
    ] {
        for name in names {
            assert!(trace(node).contains(&name), "{node}: {name} in {:?}", trace(node));
        }
    }
}

#[test]
fn a_trace_goes_from_node_to_node_over_tcp() {
    assert!(rows_of(SEED, "behaviour").iter().any(|row| row.item.contains("gRPC and TCP boundaries")));
    assert_one_trace(&linked("tcp"));
}

#[test]
fn a_trace_goes_from_node_to_node_over_grpc() {
    assert_one_trace(&linked("grpc"));
}
