//! What nobody may be told. Each secret is a canary, a word like no other, and all that the program says is searched for it.

use std::fs;

use crate::collector::Collector;
use crate::process::{TempDir, http, until};
use crate::program::eventflux;
use crate::system::Running;

/// What all canaries end in.
const MARK: &str = "7f3a9c";

fn canary(place: &str) -> String {
    format!("Kanary{place}{MARK}")
}

#[test]
fn no_secret_is_in_anything_that_the_program_says() {
    let (folder, collector) = (TempDir::new(), Collector::start());
    let input = folder.path().join("logins.ndjson");
    // Events with credentials, one that divides by zero, and one that is none.
    let logins = format!(
        "{{\"name\": \"ada\", \"password\": \"{}\", \"tries\": 1}}\n\
         {{\"name\": \"bob\", \"password\": \"{}\", \"tries\": 0}}\n\
         {{\"name\": \"eve\", \"password\": \"{}\", \"tries\":\n\
         {{\"name\": \"mallory\", \"password\": 7, \"secret\": \"{}\", \"tries\": 2}}\n",
        canary("Event"),
        canary("Failing"),
        canary("Broken"),
        canary("Typed")
    );
    fs::write(&input, logins).expect("the temporary directory is writable");
    let sql = folder.path().join("queries.sql");
    let statements = format!(
        "CREATE STREAM Logins (name TEXT, password TEXT, tries INT) FROM file(path = '{}');\n\
         CREATE STREAM Trades (symbol TEXT, price DOUBLE) FROM generator(rate = 100);\n\
         CREATE SINK Kept TO file(path = '{}');\n\
         CREATE QUERY logins AS SELECT name, password FROM Logins WHERE password != '{}' AND 1 / tries >= 0 INTO Kept;\n\
         CREATE QUERY trades AS SELECT * FROM Trades INTO Kept;\n",
        input.display(),
        folder.path().join("kept.ndjson").display(),
        canary("Query")
    );
    fs::write(&sql, statements).expect("the temporary directory is writable");
    let token = canary("AdminToken");
    let mut command = eventflux(&["--sql"]);
    command.arg(&sql).env("EVENTFLUX_LOG", "trace").env("EVENTFLUX_EXPLAIN_CONFIG", "true");
    command.env("EVENTFLUX_ADMIN_TOKEN", &token).env("EVENTFLUX_REDACTION_KEY", canary("RedactionKey"));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint).env("OTEL_LOGS_EXPORTER", "otlp");
    command.env("OTEL_EXPORTER_OTLP_HEADERS", format!("api-key={}", canary("Header")));
    command.env("OTEL_RESOURCE_ATTRIBUTES", format!("db.password={}", canary("Resource")));
    command.env("DATABASE_URL", format!("postgres://me:{}@localhost", canary("Variable")));
    let mut running = Running::start(&mut command);
    running.page("the failing query to fail", |page| {
        page.sum("query_errors_total", &[("query_id", "logins")]) > 0.0
            && page.sum("stream_events_rejected_total", &[]) > 0.0
            && page.sum("query_events_emitted_total", &[("query_id", "trades")]) > 0.0
    });
    let mut said = Vec::new();
    for path in ["/metrics", "/health", "/ready", "/live", "/catalog", "/config", "/log-level", "/components"]
    {
        let request =
            http().get(format!("{}{path}", running.admin)).header("authorization", format!("Bearer {token}"));
        let text = request.call().expect("it answers").body_mut().read_to_string().expect("it is text");
        assert!(!text.is_empty(), "{path}");
        said.push((path.to_owned(), text));
    }
    until("spans and log records", || {
        (!collector.spans().is_empty() && !collector.logs().is_empty()).then_some(())
    });
    running.process.signal("TERM");
    running.process.wait();
    said.push(("the standard output".to_owned(), running.process.stdout()));
    said.push(("the standard error".to_owned(), running.process.stderr()));
    for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
        let bodies = collector.bodies(path).concat();
        assert!(!bodies.is_empty(), "{path}");
        said.push((path.to_owned(), String::from_utf8_lossy(&bodies).into_owned()));
    }
    for (who, text) in &said {
        if let Some(at) = text.find(MARK) {
            let before: String = text[..at].chars().rev().take(120).collect();
            panic!("{who} has a canary: {}", before.chars().rev().collect::<String>());
        }
    }
    // What is said of the failure is there all the same.
    let lines = running.process.stdout();
    assert!(lines.contains("Query execution failed") && lines.contains("Events are left out"), "{lines}");
}
