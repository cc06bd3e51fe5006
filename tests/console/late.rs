//! What can't be counted is told.

use std::sync::{Arc, Condvar};

use serde_json::Value;
use spanwright::registry::{Family, Registry, Source};

use super::*;

/// A source that does not return while it is held.
#[derive(Default)]
struct Held {
    is_held: Mutex<bool>,
    let_go: Condvar,
    /// How many wait.
    waiting: Mutex<usize>,
}

impl Held {
    fn hold(&self, is_held: bool) {
        *self.is_held.lock().unwrap() = is_held;
        self.let_go.notify_all();
    }
}

impl Source for Held {
    fn collect(&self, _: &mut Vec<Family>) {
        *self.waiting.lock().unwrap() += 1;
        let held = self.is_held.lock().unwrap();
        drop(self.let_go.wait_while(held, |is_held| *is_held).unwrap());
        *self.waiting.lock().unwrap() -= 1;
    }
}

fn late_since(state: &Value) -> Option<u64> {
    state["metrics_late_since_ms"].as_u64()
}

#[test]
fn where_a_source_blocks_the_metrics_are_late_and_all_else_goes_on() {
    let (source, registry) = (Arc::new(Held::default()), Registry::new());
    registry.add_source(&source);
    let installed = install(|builder| builder.registry(&registry));
    let client = installed.look();
    client.find("state", |state| late_since(state).is_none().then_some(()));
    client.find("runtime", |_| Some(()));
    source.hold(true);
    let since = client.find("state", late_since);
    serve("cup").unwrap();
    client.trace("serve");
    drop(client);
    until("the console to be off", || (!has_thread("sw-console")).then_some(()));
    // Who comes now is told at once, and nothing more waits.
    let client = installed.look();
    assert_eq!(client.find("state", late_since), since);
    assert!(client.find("functions", |functions| functions["full"].as_bool()));
    serve("cup").unwrap();
    client.trace("serve");
    assert_eq!(*source.waiting.lock().unwrap(), 1);
    source.hold(false);
    client.find("state", |state| late_since(state).is_none().then_some(()));
    client.find("runtime", |_| Some(()));
}

#[test]
fn what_was_counted_does_not_stand_while_telemetry_is_off() {
    let installed = install(|builder| builder);
    serve("cup").unwrap();
    let client = installed.look();
    let row = |functions: &Value, wanted: &dyn Fn(&Value) -> bool| {
        functions["rows"].as_array()?.iter().find(|row| wanted(row)).cloned()
    };
    let is_serve = |row: &Value| row["function"] == "serve" && row["calls"].is_u64();
    let id = client.find("functions", |functions| row(functions, &is_serve))["id"].clone();
    client.find("runtime", |_| Some(()));
    spanwright::set_enabled(false);
    assert!(!client.find("state", |state| state["enabled"].as_bool().filter(|is_on| !is_on)));
    let off = client.find("functions", |functions| row(functions, &|row| row["id"] == id));
    for member in ["calls", "rate", "error_ratio", "p99_ms", "in_flight", "exemplar"] {
        assert!(off[member].is_null(), "{member}: {off}");
    }
    client.find("objectives", |objectives| {
        let mut rows = objectives["rows"].as_array()?.iter();
        let serve = rows.find(|row| row["function_id"] == id)?;
        (serve["total"].is_null() && serve["burn_5m"].is_null()).then_some(())
    });
    spanwright::set_enabled(true);
    client.find("functions", |functions| row(functions, &|row| row["id"] == id && row["calls"].is_u64()));
}
