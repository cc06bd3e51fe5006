//! Tracing in components of the user's own, as the guide's `TracingMixin` and `@traced` have it.

use eventsource::observability::attributes::ATTR_AGGREGATE_ID;
use eventsource::observability::{Traced, Tracer, traced};
use spanwright::testing::Captured;

use crate::guide::{AGGREGATE, SEED, has_keys};
use crate::table::rows_of;

/// The guide's store.
struct MyCustomStore {
    tracer: Tracer,
}

impl Traced for MyCustomStore {
    fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl MyCustomStore {
    fn new(enable_tracing: bool) -> Self {
        Self { tracer: Tracer::new("my_store").switched(enable_tracing) }
    }

    async fn save(&self, aggregate_id: &str, data: &[u8]) -> usize {
        let span = self.tracer.span("my_store.save").with(&ATTR_AGGREGATE_ID, aggregate_id);
        span.with("data.size", data.len())
            .follow(|span| async move {
                tokio::task::yield_now().await;
                span.record("result.success", true);
                data.len()
            })
            .await
    }

    #[traced(name = "my_service.operation", enabled = self, fields("db.system" = "sqlite"), semconv = false)]
    async fn operation(&self, _item_id: &str) {
        tokio::task::yield_now().await;
    }
}

#[spanwright::test]
async fn a_span_is_around_a_block_with_what_is_known_at_run_time(telemetry: Captured) {
    let store = MyCustomStore::new(true);
    assert!(store.tracing_enabled());
    assert_eq!(store.save(AGGREGATE, b"1234").await, 4);
    let rows = rows_of(SEED, "span");
    let row = rows.iter().find(|row| row.item.ends_with("(`MyCustomStore`)")).expect("the guide has it");
    let span = telemetry.span(row.name());
    span.has("eventsource.aggregate.id", AGGREGATE).has("data.size", 4).has("result.success", true);
    has_keys(&span, &["eventsource.aggregate.id", "data.size", "result.success"]);
    // The name that it was given, as `_init_tracing` is given one.
    assert_eq!(span.target, "my_store");
}

#[spanwright::test]
async fn nothing_happens_without_tracing(telemetry: Captured) {
    let store = MyCustomStore::new(false);
    assert!(!store.tracing_enabled());
    assert_eq!(store.save(AGGREGATE, b"1234").await, 4);
    store.operation("7").await;
    assert_eq!(telemetry.tree(), "");
    store.tracer.switch(true);
    assert!(store.tracing_enabled());
    store.operation("7").await;
    assert_eq!(telemetry.tree(), "my_service.operation\n");
}

#[spanwright::test]
async fn a_decorator_has_attributes_that_do_not_change(telemetry: Captured) {
    MyCustomStore::new(true).operation("7").await;
    let rows = rows_of(SEED, "macro");
    assert!(rows[0].name().contains("\"my_service.operation\", attributes={\"db.system\": \"sqlite\"}"));
    let span = telemetry.span("my_service.operation");
    span.has("db.system", "sqlite");
    has_keys(&span, &["db.system"]);
}

#[spanwright::test]
fn whether_there_is_tracing_can_be_asked(_telemetry: Captured) {
    use eventsource::observability::OTEL_AVAILABLE;
    // The guide's steps where no spans appear: it is compiled in, somebody takes spans, the component's are on.
    assert!(OTEL_AVAILABLE && spanwright::is_installed());
    let mut store = MyCustomStore::new(true);
    assert!(store.tracing_enabled());
    store.tracer = store.tracer.switched(false);
    assert!(!store.tracing_enabled());
}
