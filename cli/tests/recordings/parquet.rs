//! `spanwright parquet`, read by duckdb.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spanwright_recording::event::{KINDS, Nanos, Poll, TaskId};

use super::*;

/// The rows that duckdb answers each query with.
fn ask(python: &Path, folder: &Path, tables: &str, queries: &[&str]) -> Vec<Value> {
    let file = folder.join("queries.sql");
    std::fs::write(&file, queries.join("\n")).unwrap();
    let answers = backends::run(python, "query_tables.py", &[&folder.join(tables), &file]);
    answers.as_array().unwrap().clone()
}

fn events(folder: &Path, args: &[&str]) -> Vec<Value> {
    said(folder, &[&["jsonl"], args].concat())
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Of each kind: how many events, and the sum of their times, durations and threads.
fn sums(events: &[Value]) -> BTreeMap<String, [u128; 4]> {
    let mut sums: BTreeMap<String, [u128; 4]> = BTreeMap::new();
    for event in events {
        let of = sums.entry(event["kind"].as_str().unwrap().to_owned()).or_default();
        let number = |key: &str| u128::from(event[key].as_u64().unwrap_or(0));
        for (sum, more) in of.iter_mut().zip([1, number("at"), number("duration"), number("thread")]) {
            *sum += more;
        }
    }
    sums
}

#[test]
fn duckdb_has_the_events_of_all_kinds_with_the_same_sums() {
    let Some(python) = backends::python_with("duckdb") else { return };
    let folder = shops("parquet");
    std::fs::copy(every_kind("zstd"), folder.join("every-kind.spwr")).unwrap();
    let recordings = ["north", "south", "every-kind.spwr"];
    let done = said(&folder, &[&["parquet", "--out", "tables"], &recordings[..]].concat());
    let expected = sums(&events(&folder, &recordings));
    assert_eq!(expected.len(), KINDS.len(), "every kind is there");
    assert!(done.contains(" rows of 19 tables are written into "), "{done}");
    let stats: Value =
        serde_json::from_str(&said(&folder, &[&["analyze", "--json"], &recordings[..]].concat())).unwrap();
    let queries: Vec<String> = expected
        .keys()
        .map(|kind| {
            let has_duration = KINDS.iter().any(|known| known.name == kind && known.fields.iter().any(|field| field.name == "duration"));
            let duration = if has_duration { "sum(duration_ns), bool_and(epoch_ns(time) - epoch_ns(start) = duration_ns)" } else { "0, true" };
            format!("select count(*)::text, sum(epoch_ns(time)::hugeint)::text, sum(thread)::text, {duration} from {{{kind}}}")
        })
        .collect();
    let answers = ask(&python, &folder, "tables", &queries.iter().map(String::as_str).collect::<Vec<_>>());
    for ((kind, [count, at, duration, thread]), answer) in expected.iter().zip(&answers) {
        let row = &answer[0];
        let said = [count, at, thread].map(|sum| Value::from(sum.to_string()));
        assert_eq!(row.as_array().unwrap()[..3], said, "{kind}");
        assert_eq!((row[3].as_u64().map(u128::from), &row[4]), (Some(*duration), &true.into()), "{kind}");
        assert_eq!(stats["kinds"][kind], json!(*count as u64), "{kind}");
    }
}

#[test]
fn columns_are_as_the_page_says() {
    let Some(python) = backends::python_with("duckdb") else { return };
    let folder = folder("parquet-columns");
    let file = every_kind("zstd").display().to_string();
    said(&folder, &["parquet", &file, "--out", "tables"]);
    let answers = ask(
        &python,
        &folder,
        "tables",
        &[
            "select epoch_ns(time), date::text, hour::text, recording, trace, parent, status, busy_ns, attributes->>'http.route', links->0->>'span', task_name from {span} where name = 'charge'",
            "select global, workers, list_sum(workers), blocking from {queue_depth} order by time limit 1",
            "select frames from {task_dump}",
            "select message, level, span from {log}",
            "select task_name, task_place, thread_name, sum(duration_ns) from {poll} group by all order by 4 desc limit 1",
            "select count(*), count(distinct p.task) from {poll} p asof join {wake} w on p.task = w.task and p.start >= w.time",
            "select column_name, column_type from (describe select * from {park}) where column_name not in ('date', 'hour')",
        ],
    );
    let of_json = |kind: &str| events(&folder, &[&file, "--kind", kind]);
    let charge = of_json("span").into_iter().find(|span| span["name"] == "charge").unwrap();
    let row = &answers[0][0];
    assert_eq!(row[0], charge["at"]);
    assert_eq!((&row[1], &row[2], &row[3]), (&"2023-11-14".into(), &"22".into(), &"0000000000005eed".into()));
    assert_eq!((&row[4], &row[5], &row[6]), (&charge["trace"], &charge["parent"], &charge["status"]));
    assert_eq!((&row[7], &row[8]), (&charge["busy"], &"/orders/{id}".into()));
    assert_eq!((&row[9], &row[10]), (&charge["links"][0]["span"], &"shop::serve::{closure}".into()));
    let depth = &of_json("queue_depth")[0];
    let sum: u64 = depth["workers"].as_array().unwrap().iter().map(|depth| depth.as_u64().unwrap()).sum();
    assert_eq!(answers[1][0], json!([depth["global"], depth["workers"], sum, depth["blocking"]]));
    assert_eq!(answers[2][0][0], of_json("task_dump")[0]["frames"]);
    let log = &of_json("log")[0];
    assert_eq!(answers[3][0], json!([log["message"], log["level"], log["span"]]));
    assert_eq!(answers[4][0][0], "shop::serve::{closure}");
    assert_eq!(answers[4][0][1], "src/shop.rs:41:9");
    assert_eq!(answers[5][0][1], 40);
    let columns = json!([
        ["recording", "VARCHAR"],
        ["time", "TIMESTAMPTZ_NS"],
        ["start", "TIMESTAMPTZ_NS"],
        ["thread", "UBIGINT"],
        ["thread_name", "VARCHAR"],
        ["duration_ns", "BIGINT"],
        ["worker", "UBIGINT"],
    ]);
    assert_eq!(answers[6], columns);
}

#[test]
fn what_the_page_asks_is_answered() {
    let Some(python) = backends::python_with("duckdb") else { return };
    let folder = folder("parquet-page");
    said(&folder, &["parquet", &every_kind("zstd").display().to_string(), "--out", "tables"]);
    let page = include_str!("../../../docs/parquet.md");
    let (_, rest) = page.split_once("```sql\n").unwrap();
    let (queries, _) = rest.split_once("```").unwrap();
    let lines: Vec<_> = queries.lines().filter(|line| !line.starts_with("--")).collect();
    let queries = lines.join(" ").replace("'tables/", &format!("'{}/tables/", folder.display()));
    let queries: Vec<_> = queries.split(';').map(str::trim).filter(|query| !query.is_empty()).collect();
    assert_eq!(queries.len(), 2);
    for answer in ask(&python, &folder, "tables", &queries) {
        let rows = answer.as_array().unwrap();
        assert_eq!(rows.len(), 1, "one kind of tasks was polled: {answer}");
    }
}

#[test]
fn hours_are_files_of_their_own_and_nothing_is_written_twice() {
    let Some(python) = backends::python_with("duckdb") else { return };
    let folder = folder("parquet-hours");
    for (name, recording) in [("one", 1), ("two", 2)] {
        let mut files = scenario::encoder(&folder.join(name).join("trace.spwr"), recording);
        for minute in 0..150 {
            let at = scenario::START + minute * 60_000_000_000;
            let poll = Poll { duration: Nanos(7), task: TaskId::new(minute), worker: None };
            files.event(0, at, &poll).unwrap();
        }
        files.finish().unwrap();
    }
    said(&folder, &["parquet", "one", "--out", "tables"]);
    let again = spanwright(&folder, &["parquet", "one", "--out", "tables"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        stderr(&again).contains("is there already: these events are in the tables"),
        "{}",
        stderr(&again)
    );
    said(&folder, &["parquet", "two", "--out", "tables"]);
    // From 22:13 on.
    let by_hour =
        "select date::text, hour, count(*), sum(duration_ns)::int from {poll} group by all order by 1, 2";
    let [hours] = &ask(&python, &folder, "tables", &[by_hour])[..] else { panic!("one answer") };
    let expected =
        json!([["2023-11-14", "22", 94, 658], ["2023-11-14", "23", 120, 840], ["2023-11-15", "00", 86, 602]]);
    assert_eq!(hours, &expected);
    let files = |hour: &str| {
        let files = std::fs::read_dir(folder.join("tables/poll/date=2023-11-14").join(hour)).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let name = |recording: u64| format!("{recording:016x}-1700000000000000000.parquet");
    assert_eq!(files("hour=22"), [name(1), name(2)].into());
    // Damaged recordings are written as far as they go.
    let bytes = std::fs::read(every_kind("zstd")).unwrap();
    std::fs::write(folder.join("cut.spwr"), &bytes[..4000]).unwrap();
    let cut = spanwright(&folder, &["parquet", "cut.spwr", "--out", "cut"]);
    assert_eq!(cut.status.code(), Some(1), "{}", stderr(&cut));
    assert!(stdout(&cut).starts_with("149 rows of "), "{}", stdout(&cut));
}

#[test]
fn values_as_large_as_can_be_are_stored() {
    let Some(python) = backends::python_with("duckdb") else { return };
    let folder = folder("parquet-extreme");
    scenario::extreme(&folder.join("x/trace.spwr"));
    said(&folder, &["parquet", "x", "--out", "tables"]);
    let answers = ask(
        &python,
        &folder,
        "tables",
        &[
            "select count(*), max(duration_ns) from {poll}",
            "select max(lost)::text from {gap}",
            "select distinct thread_name from {thread} where thread = 6",
        ],
    );
    assert_eq!(answers[0][0], json!([57, i64::MAX]));
    assert_eq!(answers[1][0][0], u64::MAX.to_string());
    assert_eq!(answers[2][0][0], "\u{1b}[31m\n\u{0}");
}
