//! What queries make of their streams, by hand: filters, windows, joins, aggregations, and metrics of their own.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::process::TempDir;
use crate::program::{Page, eventflux};
use crate::system::{Ended, Running};

/// Twelve trades, a second apart, of two companies in turns.
fn trades() -> String {
    let mut lines = String::new();
    for (number, symbol) in (0..12).zip(["ACME", "INIT"].into_iter().cycle()) {
        let trade = json!({ "timestamp": 1000 * number, "symbol": symbol, "price": f64::from(number), "volume": number });
        let _ = writeln!(lines, "{trade}");
    }
    lines
}

const STREAM: &str = "CREATE STREAM StockStream (symbol TEXT, price DOUBLE, volume INT) FROM file(path = 'TRADES', batch = 5);\n";

/// Writes statements into a file; `TRADES` and `OUT` in them become paths.
fn written(folder: &Path, statements: &str) -> std::path::PathBuf {
    let (input, sql) = (folder.join("trades.ndjson"), folder.join("queries.sql"));
    fs::write(&input, trades()).expect("the temporary directory is writable");
    let statements = statements
        .replace("TRADES", &input.display().to_string())
        .replace("QUOTES", &folder.join("quotes.ndjson").display().to_string())
        .replace("OUT", &folder.join("out.ndjson").display().to_string());
    fs::write(&sql, statements).expect("the temporary directory is writable");
    sql
}

/// What a query emits of the trades, and what else the program says.
#[track_caller]
fn emitted(query: &str) -> (Vec<Json>, Ended) {
    let folder = TempDir::new();
    let statements =
        format!("{STREAM}CREATE SINK Out TO file(path = 'OUT');\nCREATE QUERY tried AS {query} INTO Out;\n");
    let sql = written(folder.path(), &statements);
    let ended = Ended::of(eventflux(&["--once", "--gather", "--sql"]).arg(sql));
    assert!(ended.succeeded, "{}{}", ended.stdout, ended.stderr);
    let out = fs::read_to_string(folder.path().join("out.ndjson")).unwrap_or_default();
    (out.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect(), ended)
}

/// The values of a column, in the rows' order.
fn column(rows: &[Json], name: &str) -> Vec<f64> {
    rows.iter().map(|row| row[name].as_f64().unwrap_or_else(|| panic!("no {name} in {row}"))).collect()
}

#[test]
fn a_filter_lets_through_what_its_expression_says() {
    let (rows, ended) =
        emitted("SELECT symbol, price * 2 AS twice FROM StockStream WHERE price > 8 AND symbol = 'INIT'");
    assert_eq!(column(&rows, "twice"), [18.0, 22.0]);
    let page = Page::read(&ended.stdout);
    let query = [("query_id", "tried")];
    let numbers = ["query_events_processed_total", "query_events_emitted_total", "query_filtered_total"];
    assert_eq!(numbers.map(|name| page.sum(name, &query)), [12.0, 2.0, 10.0]);
    assert_eq!(page.sum("stream_events_received_total", &[("stream_name", "StockStream")]), 12.0);
}

#[test]
fn tumbling_windows_follow_each_other() {
    let (rows, _) = emitted(
        "SELECT COUNT(*) AS trades, SUM(volume) AS volume, AVG(price) AS mean, MIN(price) AS low, MAX(price) AS high \
         FROM StockStream WINDOW TUMBLING 4 SECONDS",
    );
    assert_eq!(column(&rows, "trades"), [4.0, 4.0, 4.0]);
    assert_eq!(column(&rows, "volume"), [6.0, 22.0, 38.0]);
    assert_eq!(column(&rows, "mean"), [1.5, 5.5, 9.5]);
    assert_eq!((column(&rows, "low"), column(&rows, "high")), (vec![0.0, 4.0, 8.0], vec![3.0, 7.0, 11.0]));
}

#[test]
fn sliding_windows_overlap() {
    let (rows, _) = emitted(
        "SELECT COUNT(*) AS trades, SUM(volume) AS volume FROM StockStream WINDOW SLIDING 6 EVENTS EVERY 3 EVENTS",
    );
    assert_eq!(column(&rows, "trades")[..3], [6.0, 6.0, 6.0]);
    assert_eq!(column(&rows, "volume")[..3], [15.0, 33.0, 51.0]);
}

#[test]
fn groups_have_rows_of_their_own() {
    let (rows, _) = emitted(
        "SELECT symbol, SUM(volume) AS volume FROM StockStream WINDOW TUMBLING 12 EVENTS GROUP BY symbol",
    );
    let of = |symbol: &str| rows.iter().find(|row| row["symbol"] == symbol).map(|row| row["volume"].as_i64());
    assert_eq!((of("ACME"), of("INIT"), rows.len()), (Some(Some(30)), Some(Some(36)), 2));
}

#[test]
fn a_join_finds_what_belongs_together() {
    let folder = TempDir::new();
    let quotes: String = [(500, "ACME", 7.0), (900, "NONE", 1.0), (11_000, "INIT", 9.0)]
        .map(|(at, symbol, bid)| format!("{}\n", json!({ "timestamp": at, "symbol": symbol, "bid": bid })))
        .concat();
    fs::write(folder.path().join("quotes.ndjson"), quotes).expect("the temporary directory is writable");
    let statements = format!(
        "{STREAM}CREATE STREAM Quotes (symbol TEXT, bid DOUBLE) FROM file(path = 'QUOTES');\n\
         CREATE SINK Out TO file(path = 'OUT');\n\
         CREATE QUERY tried AS SELECT StockStream.price AS price, Quotes.bid AS bid FROM StockStream JOIN Quotes \
         ON StockStream.symbol = Quotes.symbol WITHIN 2 SECONDS INTO Out;\n"
    );
    let ended =
        Ended::of(eventflux(&["--once", "--gather", "--sql"]).arg(written(folder.path(), &statements)));
    let out = fs::read_to_string(folder.path().join("out.ndjson")).expect("it has rows");
    let pairs: BTreeSet<_> = out
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).expect("a row is JSON"))
        .map(|row| (row["price"].to_string(), row["bid"].to_string()))
        .collect();
    // At 0.5 s: the trades of the same company at 0 s and 2 s; at 11 s those at 9 s and 11 s.
    let expected = [("0.0", "7.0"), ("2.0", "7.0"), ("9.0", "9.0"), ("11.0", "9.0")];
    assert_eq!(pairs, expected.map(|(price, bid)| (price.to_owned(), bid.to_owned())).into());
    assert_eq!(Page::read(&ended.stdout).sum("query_join_matches_total", &[("query_id", "tried")]), 4.0);
}

#[test]
fn a_mistake_in_a_query_is_named_with_its_place_and_what_was_meant() {
    let folder = TempDir::new();
    for (statement, parts) in [
        ("CREATE QUERY q AS SELECT prise FROM StockStream INTO Out;", ["line 3", "`prise`", "`price`"]),
        ("CREATE QUERY q AS SELECT * FROM StokStream INTO Out;", ["line 3", "`StokStream`", "`StockStream`"]),
        ("CREATE QUERY q AS SELECT SUMM(price) FROM StockStream INTO Out;", ["line 3", "`SUMM`", "`SUM`"]),
    ] {
        let sql =
            written(folder.path(), &format!("{STREAM}CREATE SINK Out TO file(path = 'OUT');\n{statement}\n"));
        let ended = Ended::of(eventflux(&["--once", "--sql"]).arg(sql));
        assert!(!ended.succeeded);
        for part in parts {
            assert!(ended.stderr.contains(part), "{part} in {}", ended.stderr);
        }
    }
}

/// The document's query, word by word.
const EMITTING: &str = "SELECT
       COUNT(*) as total_trades,
       AVG(price) as avg_price
   FROM StockStream
   EMIT METRICS;  -- Emit as custom metrics
";

#[test]
fn emit_metrics_registers_a_family_while_the_program_runs() {
    let folder = TempDir::new();
    let sql = written(folder.path(), &format!("{STREAM}{EMITTING}"));
    let ended = Ended::of(eventflux(&["--once", "--gather", "--sql"]).arg(sql));
    assert!(ended.succeeded, "{}{}", ended.stdout, ended.stderr);
    let page = Page::read(&ended.stdout);
    for (name, expected) in [("total_trades", 12.0), ("avg_price", 5.5)] {
        let family = page.families().keys().find(|family| family.ends_with(name));
        let family = family.unwrap_or_else(|| panic!("no {name} among {:?}", page.families().keys()));
        assert_eq!(page.sum(family, &[]), expected, "{family}");
    }
    assert_eq!(page.sum("eventflux_custom_metrics_active", &[]), 2.0);
    // Without the query there are no such families.
    let without = Ended::of(eventflux(&["--once", "--gather", "--sql"]).arg(written(folder.path(), STREAM)));
    assert!(!without.stdout.contains("total_trades"), "{}", without.stdout);
}

#[test]
fn what_a_query_costs_is_its_busy_time() {
    let running = Running::start(&mut eventflux(&["--load"]));
    let busy = |page: &Page| page.sum("query_busy_seconds_sum", &[]);
    let page = running.page("queries to be busy", |page| busy(page) > 0.01);
    let cpu = page.sum("process_cpu_seconds_total", &[]);
    // No thread can be busy for longer than the process was: threads that wait for the processor are busy too, so there is room.
    let threads = page.sum("process_threads", &[]);
    let uptime = page.sum("process_uptime_seconds", &[]);
    assert!(cpu > 0.0 && busy(&page) <= threads * (uptime + 1.0), "{} s of {uptime} s", busy(&page));
    let queries: BTreeSet<_> = page
        .with("query_busy_seconds_sum", &[])
        .iter()
        .filter(|series| series.value > 0.0)
        .map(|series| series.labels["query_id"].clone())
        .collect();
    assert!(queries.len() > 1 && queries.contains("stock_aggregation"), "{queries:?}");
}
