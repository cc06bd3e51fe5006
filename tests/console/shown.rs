//! What is shown is what happened.

use serde_json::Value;

use super::*;

/// The row of `serve`, with what is sent of it once.
#[derive(Default)]
struct Row(serde_json::Map<String, Value>);

impl Row {
    /// What it is once it is as wanted.
    #[track_caller]
    fn once(&mut self, client: &Client, wanted: impl Fn(&Value) -> bool) -> Value {
        client.find("functions", |functions| {
            for row in functions["rows"].as_array().unwrap() {
                let is_first = row["function"] == "serve" && row["module"] == "console";
                if is_first || self.0.get("id").is_some_and(|id| *id == row["id"]) {
                    self.0.extend(row.as_object().unwrap().clone());
                }
            }
            let row = Value::from(self.0.clone());
            wanted(&row).then_some(row)
        })
    }
}

#[test]
fn a_functions_row_has_its_calls_and_leads_to_a_trace() {
    let installed = install(|builder| builder);
    let client = installed.look();
    let mut row = Row::default();
    let first = row.once(&client, |row| row["id"].is_number());
    assert_eq!((&first["component"], &first["kind"]), (&"test.serve".into(), &"server".into()));
    assert_eq!((&first["doc"], &first["metrics"]), (&"Serves what was asked for.".into(), &true.into()));
    assert!(first["file"].as_str().unwrap().ends_with("console/main.rs"), "{first}");
    let before = first["calls"].as_u64().unwrap_or_default();
    (0..30).for_each(|_| serve("cup").unwrap());
    (0..10).for_each(|_| _ = serve("unicorn").unwrap_err());
    let now = row.once(&client, |row| row["calls"].as_u64() >= Some(before + 40) && row["p50_ms"].is_f64());
    assert_eq!(now["calls"], before + 40);
    assert!(now["rate"].as_f64().unwrap() > 0.0, "{now}");
    assert_eq!(
        (&now["errors"], &now["error_ratio"], &now["in_flight"]),
        (&10.into(), &0.25.into(), &0.into())
    );
    let kept = row.once(&client, |row| row["exemplar"]["kept"] == true);
    let trace_id = kept["exemplar"]["trace_id"].clone();
    let trace = client.whole(&serde_json::json!({ "trace_id": trace_id }));
    assert_eq!(trace["root"], "serve");
    assert_eq!(trace["spans"][0]["function_id"], first["id"]);
}

#[test]
fn functions_that_are_counted_together_say_so() {
    struct Shelf;
    struct Drawer;
    impl Shelf {
        #[spanwright::instrument(metrics)]
        fn open(&self) {}
    }
    impl Drawer {
        #[spanwright::instrument(metrics)]
        fn open(&self) {}
    }
    let installed = install(|builder| builder);
    Shelf.open();
    Drawer.open();
    let client = installed.look();
    let rows = client.find("functions", |functions| functions["rows"].as_array().cloned());
    let rows_of = |function: &str| rows.iter().filter(|row| row["function"] == function).collect::<Vec<_>>();
    let [one, other] = rows_of("open")[..] else { panic!("{rows:?}") };
    assert_eq!((&one["counted"], &one["counted_with"]), (&other["counted"], &1.into()));
    assert_eq!((&one["calls"], &other["calls"]), (&2.into(), &2.into()), "each has the sum");
    let serve = rows_of("serve")[0];
    assert!(serve["counted"] != one["counted"] && serve["counted_with"] == 0, "{serve}");
}

#[test]
fn a_function_that_is_counted_elsewhere_is_not_said_to_be_uncounted() {
    /// Of deliveries.
    #[derive(spanwright::Metrics)]
    #[metrics(prefix = "console_deliveries")]
    struct Deliveries {
        /// How many.
        #[metric(role = calls)]
        calls_total: spanwright::Counter,
    }
    #[spanwright::instrument(metrics = Deliveries)]
    fn deliver() {}
    let installed = install(|builder| builder);
    deliver();
    let rows = installed.look().find("functions", |functions| functions["rows"].as_array().cloned());
    let metrics = |function: &str| &rows.iter().find(|row| row["function"] == function).unwrap()["metrics"];
    assert_eq!(["deliver", "look_up"].map(metrics), [&Value::from("elsewhere"), &false.into()]);
}

#[test]
fn a_trace_has_its_spans_attributes_events_and_log_lines() {
    let installed = install(|builder| builder);
    let client = installed.look();
    client.find("hello", |_| Some(()));
    serve("cup").unwrap();
    let trace = client.trace("serve");
    assert_eq!(
        (&trace["outcome"], &trace["errors"], &trace["complete"]),
        (&"ok".into(), &0.into(), &true.into())
    );
    let whole = client.whole(&trace);
    let spans = whole["spans"].as_array().unwrap();
    let [root, child] = &spans[..] else { panic!("{whole}") };
    assert_eq!(
        (&root["name"], &root["parent"], &root["kind"]),
        (&"serve".into(), &"".into(), &"server".into())
    );
    assert_eq!((&child["name"], &child["parent"]), (&"look_up".into(), &root["span_id"]));
    assert_eq!((&root["component"], &root["attributes"]["item"]), (&"test.serve".into(), &"cup".into()));
    let nanos = |span: &Value, key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos(child, "start_ns") >= nanos(root, "start_ns"));
    assert!(nanos(child, "duration_ns") <= nanos(root, "duration_ns"));
    assert_eq!(root["events"][0]["name"], "served <b>");
    // The line comes with the trace, and by itself.
    let line = &whole["logs"][0];
    assert_eq!((&line["message"], &line["level"]), (&"served <b>".into(), &"INFO".into()));
    assert_eq!((&line["fields"]["item"], &line["span_id"]), (&"cup".into(), &root["span_id"]));
    assert_eq!(line["trace_id"], trace["trace_id"]);
    serve("unicorn").unwrap_err();
    let failed = client.find("traces", |traces| {
        let mut recent = traces["recent"].as_array()?.iter();
        recent.find(|trace| trace["outcome"] == "error").cloned()
    });
    assert_eq!(failed["errors"], 2);
    let whole = client.whole(&failed);
    assert_eq!(whole["spans"][0]["status"], "there is no \"unicorn\"");
    assert_eq!(whole["spans"][0]["events"][0]["name"], "exception");
}

#[test]
fn log_lines_come_as_they_are_written() {
    let installed = install(|builder| builder);
    let client = installed.look();
    client.find("hello", |_| Some(()));
    tracing::warn!(target: "test::<i>", number = 7, "outside\nof spans");
    let find =
        |logs: &Value| logs["lines"].as_array()?.iter().find(|line| line["target"] == "test::<i>").cloned();
    let line = client.find("logs", find);
    assert_eq!((&line["message"], &line["fields"]["number"]), (&"outside\nof spans".into(), &7.into()));
    assert!(line.get("trace_id").is_none(), "{line}");
    // Who comes later has it too.
    assert_eq!(installed.look().find("logs", find), line);
}

#[test]
fn objectives_runtimes_and_health_are_told() {
    let check = spanwright::health::Check::new("shelf", async || Err::<(), _>("it is empty".to_owned()));
    let installed = install(|builder| builder.check(check));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    spanwright::watch_runtime(runtime.handle(), "mine");
    let client = installed.look();
    let health = client.find("health", |health| Some(health.clone()));
    assert_eq!(health["checks"]["shelf"]["reason"], "it is empty");
    assert_eq!(health["status"], "unhealthy");
    let workers = client.find("runtime", |told| {
        let workers: Vec<_> =
            told["workers"].as_array()?.iter().filter(|one| one["runtime"] == "mine").collect();
        workers.iter().all(|one| one["utilisation"].is_number()).then_some(workers.len())
    });
    assert_eq!(workers, 2);
    (0..10).for_each(|_| _ = serve("unicorn"));
    client.find("objectives", |objectives| {
        let mut rows = objectives["rows"].as_array()?.iter();
        let success = rows.find(|row| row["function"] == "serve" && row["indicator"] == "success")?;
        assert_eq!(success["target_ratio"], 0.9);
        let (total, bad) = (success["total"].as_f64()?, success["bad"].as_f64()?);
        let left = success["budget_left"].as_f64()?;
        assert!((left - (1.0 - bad / total / 0.1)).abs() < 1e-9, "{success}");
        // All of the last minute are bad, or not seen yet.
        (success["burn_1m"].as_f64()? > 9.9).then_some(())
    });
}

#[test]
fn what_is_switched_off_is_told_and_comes_back() {
    let installed = install(|builder| builder);
    spanwright::set_enabled(false);
    let client = installed.look();
    assert!(!client.find("state", |state| state["enabled"].as_bool()));
    serve("cup").unwrap();
    spanwright::set_enabled(true);
    serve("saucer").unwrap();
    let trace = client.trace("serve");
    assert_eq!(client.whole(&trace)["spans"][0]["attributes"]["item"], "saucer");
}

#[test]
fn event_ids_grow_and_the_first_event_says_hello() {
    let installed = install(|builder| builder);
    let client = installed.look();
    let hello = client.next();
    assert_eq!((hello.name.as_str(), &hello.data["service"]), ("hello", &"console".into()));
    let mut last = hello.id;
    for _ in 0..12 {
        let event = client.next();
        assert!(event.id > last, "{event:?}");
        last = event.id;
    }
}
