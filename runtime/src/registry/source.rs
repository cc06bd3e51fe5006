//! Values that are read where they are, rather than counted here: of the process, of a runtime, of another library.

use super::Family;

/// Something with metrics of its own, which a [`Registry`](super::Registry) asks for them at each snapshot.
///
/// ```
/// use std::sync::Arc;
///
/// use spanwright::registry::{Family, Kind, Registry, Source, Value};
///
/// struct Pool;
///
/// impl Source for Pool {
///     fn collect(&self, families: &mut Vec<Family>) {
///         let mut idle = Family::new("pool_idle_connections", Kind::Gauge).with([("pool", "orders")], Value::Gauge(3.0));
///         idle.help = "Connections that nobody uses.".into();
///         families.push(idle);
///     }
/// }
///
/// let registry = Registry::new();
/// let pool = Arc::new(Pool);
/// registry.add_source(&pool);
/// assert!(registry.snapshot().family("pool_idle_connections").is_some());
/// drop(pool);
/// assert!(registry.snapshot().family("pool_idle_connections").is_none());
/// ```
pub trait Source: Send + Sync {
    /// Appends families. Their names and label names must be valid ones of Prometheus. Where a name is that of another
    /// family of the same kind and unit, the series stand together, and those with equal labels add up; of another kind or
    /// unit, the family is left out. No lock is held meanwhile, and a
    /// registry that it reads itself asks neither sources nor callbacks; a panic costs this source's families, and is counted.
    fn collect(&self, families: &mut Vec<Family>);
}
