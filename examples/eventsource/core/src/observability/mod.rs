//! Tracing for components, those here and the user's own: a [`Tracer`] in a struct that is [`Traced`], and
//! [`traced`] on its methods.
//!
//! ```
//! use eventsource::observability::attributes::ATTR_AGGREGATE_ID;
//! use eventsource::observability::{Traced, Tracer, traced};
//!
//! struct MyCustomStore {
//!     tracer: Tracer,
//! }
//!
//! impl Traced for MyCustomStore {
//!     fn tracer(&self) -> &Tracer {
//!         &self.tracer
//!     }
//! }
//!
//! impl MyCustomStore {
//!     fn new(enable_tracing: bool) -> Self {
//!         Self { tracer: Tracer::new("my_store").switched(enable_tracing) }
//!     }
//!
//!     // A block, with attributes that are known at run time.
//!     async fn save(&self, aggregate_id: &str, data: &[u8]) -> usize {
//!         let span = self.tracer.span("my_store.save").with(&ATTR_AGGREGATE_ID, aggregate_id);
//!         span.with("data.size", data.len())
//!             .follow(|span| async move {
//!                 let saved = data.len();
//!                 span.record("result.success", true);
//!                 saved
//!             })
//!             .await
//!     }
//!
//!     // A method, with attributes that don't change.
//!     #[traced(name = "my_service.operation", enabled = self, fields(db.system.name = "sqlite"))]
//!     async fn operation(&self, item_id: u64) {}
//! }
//!
//! assert!(!MyCustomStore::new(false).tracing_enabled());
//! ```

pub mod attributes;

pub use spanwright::{Traced, Tracer, instrument as traced};

/// Whether telemetry is compiled in. Without it `enable_tracing(true)` is no error, and does nothing.
pub const OTEL_AVAILABLE: bool = spanwright::ENABLED;

/// Makes a struct with a field `tracer` [`Traced`], and gives it a switch.
macro_rules! component {
    ($type:ident $(<$($generic:ident $(: $bound:path)?),+>)?) => {
        impl $(<$($generic $(: $bound)?),+>)? $crate::observability::Traced for $type $(<$($generic),+>)? {
            fn tracer(&self) -> &$crate::observability::Tracer {
                &self.tracer
            }
        }

        impl $(<$($generic $(: $bound)?),+>)? $type $(<$($generic),+>)? {
            /// Whether there are spans of this instance.
            #[must_use]
            pub fn enable_tracing(self, enabled: bool) -> Self {
                self.tracer.switch(enabled);
                self
            }
        }
    };
}
pub(crate) use component;
