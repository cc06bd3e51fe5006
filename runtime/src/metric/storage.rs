//! Where a metric's values are written.

use spanwright_core::cells;

/// How a metric's values are written: [`PerThread`] or [`Shared`].
pub trait Storage: sealed::Sealed + Copy + 'static {
    /// Adds, and leaves an exemplar.
    #[doc(hidden)]
    fn count(cell: u32, amount: u64);
    /// Adds.
    #[doc(hidden)]
    fn add(cell: u32, amount: u64);
    /// Observes, and leaves an exemplar.
    #[doc(hidden)]
    fn observe(cell: u32, bucket: u32, value: f64);
}

/// In memory of each thread's own, added up when read: an increment is a load, an add and a store. A series takes 8 bytes
/// for each thread that writes to it, of a histogram 8 for each bucket; pages of 4 KiB are mapped on first use. Not to be
/// used within a global allocator, since that allocates.
#[derive(Clone, Copy, Debug)]
pub enum PerThread {}

/// In memory that all threads share, with atomic operations: for metrics with so many series, in so many threads, that memory
/// matters more than some nanoseconds.
///
/// ```
/// use spanwright::{Counter, Labels, Metrics, Registry, Shared};
///
/// #[derive(Clone, Copy, Labels)]
/// #[labels(budget = 100_001)]
/// struct Customer<'a> {
///     #[label(max = 100_000)]
///     customer: &'a str,
/// }
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "shop")]
/// struct Shop {
///     /// Orders by customer.
///     customer_orders_total: Counter<Customer<'static>, Shared>,
/// }
///
/// let shop = Shop::register(&Registry::new());
/// shop.customer_orders_total.with(Customer { customer: "ann" }).inc();
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Shared {}

impl Storage for PerThread {
    #[inline(always)]
    fn count(cell: u32, amount: u64) {
        cells::count(cell, amount);
    }

    #[inline(always)]
    fn add(cell: u32, amount: u64) {
        cells::add(cell, amount);
    }

    #[inline(always)]
    fn observe(cell: u32, bucket: u32, value: f64) {
        cells::observe(cell, bucket, value);
    }
}

impl Storage for Shared {
    #[inline]
    fn count(cell: u32, amount: u64) {
        cells::count_shared(cell, amount);
    }

    #[inline]
    fn add(cell: u32, amount: u64) {
        cells::add_shared(cell, amount);
    }

    #[inline]
    fn observe(cell: u32, bucket: u32, value: f64) {
        cells::observe_shared(cell, bucket, value);
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::PerThread {}
    impl Sealed for super::Shared {}
}
