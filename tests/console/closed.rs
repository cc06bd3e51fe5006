//! Nothing runs while nobody looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use spanwright::export::{ExportError, SpanExporter};
use spanwright::span::SpanRef;

use super::*;

#[test]
fn without_exporters_spans_are_recorded_while_somebody_looks_and_not_before_and_after() {
    let mut installed = install(|builder| builder);
    let is_on = || has_thread("sw-console") || has_thread("sw-drain");
    for _ in 0..100 {
        serve("cup").unwrap();
    }
    assert_eq!(installed.get("/").status, 200);
    assert!(!is_on(), "the page alone starts nothing");
    {
        let client = installed.look();
        assert!(client.find("traces", |traces| traces["full"].as_bool()));
        assert!(is_on());
        serve("cup").unwrap();
        let trace = client.trace("serve");
        assert_eq!(trace["spans"], 2, "nothing of before");
        assert_eq!(client.whole(&trace)["spans"].as_array().unwrap().len(), 2);
    }
    until("all to be off", || (!is_on()).then_some(()));
    assert_eq!(installed.get("/console/trace/0123456789abcdef0123456789abcdef").status, 404);
    // And on again.
    let client = installed.look();
    client.find("hello", |_| Some(()));
    serve("cup").unwrap();
    client.trace("serve");
    installed.end();
    assert!(client.ends());
    until("all to be off", || (!is_on()).then_some(()));
}

#[test]
fn an_exporter_gets_all_there_is_whether_somebody_looks_or_not() {
    struct Counts(Arc<AtomicUsize>);
    impl SpanExporter for Counts {
        fn name(&self) -> &'static str {
            "counts"
        }
        fn export(&mut self, spans: &[SpanRef<'_>], _: Duration) -> Result<(), ExportError> {
            self.0.fetch_add(spans.len(), Ordering::Relaxed);
            Ok(())
        }
    }
    let counted = Arc::new(AtomicUsize::new(0));
    let exporter = Counts(Arc::clone(&counted));
    let installed = install(|builder| builder.exporter(exporter));
    let ten = || (0..10).for_each(|_| serve("cup").unwrap());
    ten();
    let client = installed.look();
    client.find("hello", |_| Some(()));
    ten();
    client.trace("serve");
    drop(client);
    until("the console to be off", || (!has_thread("sw-console")).then_some(()));
    ten();
    assert!(installed.guard.as_ref().unwrap().flush());
    assert_eq!(counted.load(Ordering::Relaxed), 60);
}

#[test]
fn it_can_be_switched_off() {
    let installed = install(|builder| builder.console_enabled(false));
    for path in ["/", "/console/stream", "/console/trace/0123456789abcdef0123456789abcdef"] {
        assert_eq!(installed.get(path).status, 404, "{path}");
    }
    assert_eq!(installed.get("/live").status, 200);
}
