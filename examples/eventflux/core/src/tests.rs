//! Queries from their text to their rows.

use std::time::Duration;

use serde_json::{Value as Json, json};
use spanwright::health::HealthStatus;
use spanwright::testing::Captured;

use crate::health::{HealthCheck as _, Queries};
use crate::{
    Batch, EngineError, EngineSettings, Event, EventFlux, EventPipeline, Value, gather_metrics, process_event,
};

/// A processor with these streams and sinks.
async fn engine(text: &str) -> EventFlux {
    let engine = EventFlux::new(EngineSettings::default());
    engine
        .load("CREATE STREAM T (symbol TEXT, price DOUBLE, volume INT); CREATE SINK out TO memory;")
        .await
        .unwrap();
    engine.load(text).await.unwrap();
    engine
}

fn trade(timestamp: u64, symbol: &str, price: f64, volume: i64) -> Event {
    let values = [Value::Text(symbol.into()), Value::Double(price), Value::Int(volume)];
    Event { timestamp, values: values.into() }
}

/// What a query makes of these trades, one after the other.
async fn rows(query: &str, trades: &[Event]) -> Vec<Json> {
    let engine = engine(&format!("CREATE QUERY q AS {query} INTO out;")).await;
    let query = engine.query("q").unwrap();
    for trade in trades {
        process_event(&query, trade.clone()).await.unwrap();
    }
    engine.rows("out")
}

/// Waits until it is so.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it is never so");
}

#[tokio::test]
async fn queries_filter_calculate_and_rename() {
    let trades = [trade(1, "A", 10.0, 3), trade(2, "B", 20.0, 5), trade(3, "it's", 30.0, 7)];
    let found =
        rows("SELECT symbol, price * volume + 1 AS v FROM T WHERE price > 15 AND NOT symbol = 'B'", &trades)
            .await;
    assert_eq!(found, [json!({ "timestamp": 3, "symbol": "it's", "v": 211.0 })]);
    let found =
        rows("SELECT * FROM T WHERE symbol <> 'it''s' AND (volume >= 5 OR price = 10)", &trades).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], json!({ "timestamp": 1, "symbol": "A", "price": 10.0, "volume": 3 }));
    let found = rows("SELECT -volume - 2 * 3 AS whole, price / 4 AS part FROM T", &trades[..1]).await;
    assert_eq!(found, [json!({ "timestamp": 1, "whole": -9, "part": 2.5 })]);
}

#[tokio::test]
async fn aggregations_are_of_each_window_and_group() {
    let trades =
        [trade(10, "A", 1.0, 3), trade(20, "B", 9.0, 5), trade(30, "A", 2.0, 8), trade(1_000, "A", 7.0, 1)];
    let query = "SELECT symbol, COUNT(*), SUM(volume), AVG(price), MIN(price), MAX(volume) AS most FROM T \
                 WINDOW TUMBLING 1 SECOND GROUP BY symbol";
    let a = json!({
        "timestamp": 30, "symbol": "A", "count": 2, "sum_volume": 11, "avg_price": 1.5, "min_price": 1.0, "most": 8
    });
    let b = json!({
        "timestamp": 20, "symbol": "B", "count": 1, "sum_volume": 5, "avg_price": 9.0, "min_price": 9.0, "most": 5
    });
    assert_eq!(rows(query, &trades).await, [a, b]);
    let found = rows("SELECT COUNT(*) AS n FROM T", &trades).await;
    assert_eq!(found.iter().map(|row| row["n"].as_i64()).collect::<Vec<_>>(), [1, 2, 3, 4].map(Some));
}

#[tokio::test]
async fn a_join_ends_when_both_streams_do_and_what_it_writes_is_read_by_another_query() {
    let engine = EventFlux::new(EngineSettings { buffer_events: 8, ..EngineSettings::default() });
    let text = "
        CREATE STREAM L (k INT, x DOUBLE) FROM generator(events = 500, rate = 0);
        CREATE STREAM R (k INT, y DOUBLE) FROM generator(events = 500, rate = 0);
        CREATE STREAM J (k INT, z DOUBLE);
        CREATE SINK out TO memory;
        CREATE QUERY j AS SELECT L.k, x - y AS z FROM L JOIN R ON L.k = R.k WITHIN 5 MILLISECONDS INTO J;
        CREATE QUERY n AS SELECT COUNT(*) AS n, MAX(z) AS z FROM J WINDOW TUMBLING 1 HOUR INTO out;";
    engine.load(text).await.unwrap();
    engine.start();
    engine.finished().await;
    let done = engine.completed().await;
    assert_eq!(
        (done[0].1.events_processed, done[0].1.events_emitted),
        (1000, 500),
        "the same seed, the same keys"
    );
    let last = json!({ "timestamp": 5000, "n": 500, "z": 0.0 });
    assert_eq!(engine.rows("out"), [last]);
    assert_eq!(engine.queries_running(), 0);
}

#[tokio::test]
async fn what_has_no_value_fails_and_the_next_events_do_better() {
    let engine = engine("CREATE QUERY q AS SELECT price / volume AS r FROM T INTO out;").await;
    let query = engine.query("q").unwrap();
    let error = process_event(&query, trade(1, "A", 1.0, 0)).await.unwrap_err();
    assert!(error.to_string().contains("a division by zero"), "{error}");
    process_event(&query, trade(2, "A", 1.0, 2)).await.unwrap();
    assert_eq!(engine.rows("out"), [json!({ "timestamp": 2, "r": 0.5 })]);
    assert_eq!(query.executed().failures, 1);
}

#[tokio::test]
async fn where_there_is_no_room_for_state_it_is_dropped_and_things_go_on() {
    let engine = EventFlux::new(EngineSettings { state_limit_bytes: 2_000, ..EngineSettings::default() });
    engine
        .load(
            "CREATE STREAM T (symbol TEXT, price DOUBLE, volume INT); CREATE SINK out TO memory;
             CREATE QUERY q AS SELECT COUNT(*) AS n FROM T WINDOW TUMBLING 1 HOUR INTO out;",
        )
        .await
        .unwrap();
    let query = engine.query("q").unwrap();
    let mut refused = 0;
    for time in 0..100 {
        refused += u32::from(process_event(&query, trade(time, "A", 1.0, 1)).await.is_err());
    }
    assert!(refused > 0 && refused < 50, "{refused}");
    assert!(engine.state().used() < 3_000);
}

#[tokio::test]
async fn what_is_no_event_of_a_stream_is_refused() {
    let engine = engine("CREATE QUERY q AS SELECT price FROM T INTO out;").await;
    let short = Event { timestamp: 1, values: [Value::Text("A".into())].into() };
    let other = [Value::Int(1), Value::Double(1.0), Value::Int(1)].into();
    for (event, message) in
        [(short, "has no `price`"), (Event { timestamp: 1, values: other }, "`symbol` is no TEXT")]
    {
        let error =
            engine.send("T", vec![trade(1, "A", 1.0, 1), event.clone()]).await.unwrap_err().to_string();
        assert!(error.contains("stream `T`") && error.contains(message), "{error}");
        let error = process_event(&engine.query("q").unwrap(), event).await.unwrap_err().to_string();
        assert!(error.contains("stream `T`") && error.contains(message), "{error}");
    }
    assert!(engine.rows("out").is_empty());
}

#[tokio::test]
async fn the_greatest_time_is_followed_by_others() {
    let receiver = engine(
        "CREATE STREAM In (n INT) FROM tcp(listen = '127.0.0.1:0');
         CREATE STREAM Made (n INT) FROM generator(events = 3, rate = 0, spacing_ms = 9223372036854775807);
         CREATE QUERY take AS SELECT * FROM In INTO out;
         CREATE QUERY made AS SELECT * FROM Made INTO out;",
    )
    .await;
    receiver.start();
    let mut connection = tokio::net::TcpStream::connect(receiver.addresses()[0].1).await.unwrap();
    let lines = format!("{{\"timestamp\": {}, \"n\": 1}}\n{{\"n\": 2}}\nnone\n{{\"n\": 3}}\n", u64::MAX);
    // A line that is no text ends the connection, after those before it.
    let lines = [lines.as_bytes(), b"\xff\n"].concat();
    tokio::io::AsyncWriteExt::write_all(&mut connection, &lines).await.unwrap();
    let [take, made] = ["take", "made"].map(|query| receiver.query(query).unwrap());
    until(|| take.executed().events_emitted + made.executed().events_emitted == 6).await;
    let errors = gather_metrics();
    assert!(errors.contains("errors_total{error_type=\"decode\",query_id=\"\"} "), "{errors}");
}

#[tokio::test]
async fn a_query_that_panics_is_unhealthy_and_harms_no_other() {
    let engine = engine(
        "CREATE QUERY panics AS SELECT SUM(volume) AS n FROM T WINDOW TUMBLING 1 SECOND INTO out;
         CREATE QUERY goes_on AS SELECT COUNT(*) AS n FROM T INTO out;",
    )
    .await;
    engine.start();
    assert_eq!(Queries(engine.clone()).check().await, HealthStatus::Healthy);
    // Past what checks it: an event without values, in a window that closes.
    let short = Event { timestamp: 1, values: [].into() };
    let batch = Batch::new([short, trade(9_000, "A", 1.0, 1)]);
    engine.stream("T").unwrap().junction.send(&batch, None).await;
    until(|| engine.queries_running() == 1).await;
    assert!(matches!(Queries(engine.clone()).check().await, HealthStatus::Unhealthy(_)));
    engine.send("T", vec![trade(9_001, "A", 1.0, 1)]).await.unwrap();
    until(|| engine.query("goes_on").unwrap().executed().events_processed == 3).await;
    assert_eq!(engine.query("panics").unwrap().executed().failures, 1);
    let left = engine.state().used();
    assert!(left < 1_000, "what it kept is given back: {left}");
    let page = gather_metrics();
    for series in [
        "query_execution_errors_total{query_id=\"panics\",error_type=\"panic\"} 1",
        "query_running{query_id=\"panics\"} 0",
        "query_running{query_id=\"goes_on\"} 1",
    ] {
        assert!(page.contains(series), "{series} in {page}");
    }
    engine.stop_all_queries().await;
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused() {
    let engine = engine("CREATE STREAM U (symbol TEXT, price DOUBLE, volume INT);").await;
    let cases = [
        ("SELECT prise FROM T INTO out", "there is no column `prise`; did you mean `price`?"),
        ("SELECT symbol FROM TT INTO out", "there is no stream `TT`"),
        ("SELECT symbol FROM T INTO oot", "did you mean `out`?"),
        ("SELECT symbol FROM T INTO U", "has other columns than the query: (symbol TEXT)"),
        ("SELECT * FROM T INTO T", "can't write into the stream that it reads"),
        ("SELECT symbol, COUNT(*) FROM T INTO out", "add `GROUP BY symbol`"),
        ("SELECT price, price FROM T INTO out", "two columns are called `price`"),
        ("SELECT AVG(symbol) FROM T INTO out", "AVG is of numbers, and this is TEXT"),
        ("SELECT COUNT(*) + 1 AS n FROM T INTO out", "stands alone in the list after SELECT"),
        ("SELECT symbol FROM T WINDOW TUMBLING 1 SECOND INTO out", "a window is for aggregations"),
        ("SELECT symbol FROM T WHERE price INTO out", "WHERE wants a condition"),
        ("SELECT symbol FROM T WHERE price = symbol INTO out", "DOUBLE and TEXT can't be combined"),
        ("SELECT price FROM T JOIN U ON T.symbol = U.symbol WITHIN 1 SECOND INTO out", "write `T.price`"),
        (
            "SELECT T.price FROM T JOIN T ON T.symbol = T.symbol WITHIN 1 SECOND INTO out",
            "joined with itself",
        ),
        ("SELECT symbol FROM T EMIT METRICS", "`symbol` is no number"),
        ("SELECT COUNT(*) AS pipeline_events_in_total FROM T EMIT METRICS", "there is a metric"),
        (
            "SELECT COUNT(*) AS events_processed FROM T EMIT METRICS",
            "there is a metric `events_processed_total`",
        ),
        (
            "SELECT COUNT(*) AS query_latency_seconds_sum FROM T EMIT METRICS",
            "there is a metric `query_latency_seconds`",
        ),
        ("CREATE STREAM T (a INT)", "there is a stream or a sink `T` already"),
        ("CREATE STREAM V (a INT) FROM generator(rat = 5)", "did you mean `rate`?"),
        ("CREATE STREAM V (a INT) FROM generator(rate = 'fast')", "`rate` is a whole number"),
        ("CREATE STREAM V (a INT) FROM generator(batch = 9000000000000000000)", "from 1 to 100000"),
        ("CREATE STREAM V (a INT) FROM file(path = 'x', batch = 0)", "from 1 to 100000"),
        ("CREATE SINK s TO tcpp(connect = 'x')", "did you mean `tcp`?"),
        ("CREATE SINK s TO tcp", "`tcp` wants the option `connect`"),
    ];
    for (text, message) in cases {
        let error = engine.load(text).await.expect_err(text).to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
    let error = engine.load("CREATE STREAM V (a INT) FROM tcp(listen = 'nowhere:99999')").await.unwrap_err();
    assert!(matches!(error, EngineError::Listen { .. }), "{error}");
}

#[tokio::test]
async fn a_full_pipeline_holds_producers_back_and_is_degraded() {
    let pipeline = std::sync::Arc::new(EventPipeline::named("test_full", 4));
    assert_eq!(pipeline.check_health(), HealthStatus::Healthy);
    let batch = |count| Batch::new(vec![trade(1, "A", 1.0, 1); count]);
    assert!(pipeline.send(batch(4)).await.is_none(), "there was room");
    assert!(matches!(pipeline.check_health(), HealthStatus::Degraded(_)));
    let metrics = pipeline.get_metrics();
    assert!(metrics.utilization == 1.0 && metrics.health_score < 0.5, "{metrics:?}");
    let sender = tokio::spawn({
        let (pipeline, batch) = (std::sync::Arc::clone(&pipeline), batch(9));
        async move { pipeline.send(batch).await }
    });
    until(|| pipeline.get_metrics().producer_blocked > 0).await;
    assert_eq!(pipeline.recv().await.unwrap().events.len(), 4);
    assert!(sender.await.unwrap().is_some(), "it has waited");
    assert_eq!(
        pipeline.recv().await.unwrap().events.len(),
        9,
        "more than there is room for, when it is empty"
    );
    pipeline.close();
    assert!(pipeline.recv().await.is_none());
    pipeline.send(batch(1)).await;
    assert!(pipeline.recv().await.is_none(), "a closed one takes nothing");
}

#[spanwright::test]
async fn an_event_is_traced_through_a_query(telemetry: Captured) {
    let engine = engine(
        "CREATE QUERY q AS SELECT symbol, COUNT(*) AS n FROM T WHERE price > 1
         WINDOW TUMBLING 1 EVENT GROUP BY symbol INTO out;",
    )
    .await;
    process_event(&engine.query("q").unwrap(), trade(1, "A", 2.0, 1)).await.unwrap();
    for (span, parent) in [
        ("Event Ingestion", "process_event"),
        ("Stream Junction Send", "Event Ingestion"),
        ("Filter Processing", "process_event"),
        ("Expression Evaluation", "Filter Processing"),
        ("Window Processing", "process_event"),
        ("Event Accumulation", "Window Processing"),
        ("Window Trigger", "Window Processing"),
        ("Aggregation Processing", "process_event"),
        ("State Update", "Aggregation Processing"),
        ("Computation", "Aggregation Processing"),
        ("Output Emission", "process_event"),
    ] {
        telemetry.span(span).is_in(parent);
    }
    telemetry.metric("events_processed_total", &[]).is(1.0);
}

#[tokio::test]
async fn results_go_to_another_node_and_come_back_as_they_were() {
    for protocol in ["tcp", "grpc"] {
        let receiver = engine(&format!(
            "CREATE STREAM In (symbol TEXT, n INT) FROM {protocol}(listen = '127.0.0.1:0');
             CREATE QUERY take AS SELECT * FROM In INTO out;"
        ))
        .await;
        let address = receiver.addresses()[0].1;
        receiver.start();
        let sender = engine(&format!(
            "CREATE SINK link TO {protocol}(connect = '{address}');
             CREATE QUERY give AS SELECT symbol, volume AS n FROM T INTO link;"
        ))
        .await;
        let give = sender.query("give").unwrap();
        for number in 0..3 {
            process_event(&give, trade(number, "é\"\n", 1.0, 7)).await.unwrap();
        }
        let take = receiver.query("take").unwrap();
        until(|| take.executed().events_emitted == 3).await;
        let row = |timestamp| json!({ "timestamp": timestamp, "symbol": "é\"\n", "n": 7 });
        assert_eq!(receiver.rows("out"), [row(0), row(1), row(2)], "{protocol}");
        receiver.stop_all_queries().await;
    }
}
