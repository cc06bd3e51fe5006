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
