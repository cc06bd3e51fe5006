//! Labels that are private beside a public struct, aliases of what borrows, metrics of a generic type.

#![deny(warnings)]

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use spanwright::{ByOutcome, Counter, Label, Labels, Metrics, Registry, UpDownCounter, instrument};

#[derive(Clone, Copy, Label)]
enum Operation {
    Put,
}

#[derive(Metrics)]
#[metrics(prefix = "store")]
pub struct StoreMetrics {
    /// Operations.
    #[metric(role = calls)]
    operations_total: Counter<ByOutcome<Operation>>,
}

#[instrument(metrics(into = StoreMetrics::global(), labels = Operation::Put))]
pub fn put() {}

#[derive(Clone, Copy, Labels)]
struct Request<'a> {
    #[label(max = 3)]
    tenant: &'a str,
}

type OfRequests = Request<'static>;
type Requests = Counter<Request<'static>>;

#[derive(Metrics)]
#[metrics(prefix = "server")]
struct ServerMetrics {
    /// Requests.
    #[metric(role = calls)]
    requests_total: Requests,
    /// Requests that failed.
    #[metric(role = errors)]
    errors_total: Counter<OfRequests>,
    /// Requests under way.
    #[metric(role = in_flight)]
    open: UpDownCounter<Request<'static>>,
}

#[instrument(metrics(into = ServerMetrics::global(), labels = Request { tenant: &tenant }))]
fn serve(tenant: String) -> String {
    tenant
}

#[derive(Metrics)]
#[metrics(prefix = "generic")]
pub struct GenericMetrics<L: Labels> {
    /// Jobs.
    #[metric(role = calls)]
    jobs_total: Counter<ByOutcome<L>>,
    /// Jobs that failed.
    #[metric(role = errors)]
    errors_total: Counter<L>,
    /// Jobs under way.
    #[metric(role = in_flight)]
    open: UpDownCounter<L>,
}

impl GenericMetrics<()> {
    fn global() -> &'static Self {
        static GLOBAL: OnceLock<GenericMetrics<()>> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::register(Registry::global()))
    }
}

#[instrument(metrics = GenericMetrics<()>)]
pub fn generic() {}

/// One's own way to an instance.
trait Shared: Sized + 'static {
    fn global() -> &'static Self;
}

#[derive(Metrics)]
#[metrics(prefix = "shared", global = false)]
struct SharedMetrics {
    /// Jobs.
    #[metric(role = calls)]
    jobs_total: Counter,
}

impl Shared for SharedMetrics {
    fn global() -> &'static Self {
        static GLOBAL: OnceLock<SharedMetrics> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::register(Registry::global()))
    }
}

#[instrument(metrics = SharedMetrics)]
fn shared() {}

struct Store {
    metrics: Arc<GenericMetrics<Operation>>,
    orders: u32,
}

impl Store {
    #[instrument(metrics(into = self.metrics, labels = Operation::Put))]
    fn pinned(self: Pin<&Self>) -> u32 {
        self.orders
    }

    #[instrument(metrics(into = Arc::clone(&self.metrics), labels = Operation::Put))]
    fn changes(&mut self) {
        self.orders += 1;
    }
}

// Nothing else is done with it.
#[instrument(metrics(into = metrics, labels = Operation::Put))]
async fn consumes(metrics: Arc<GenericMetrics<Operation>>, orders: u32) -> u32 {
    orders
}

fn main() {
    put();
    generic();
    shared();
    serve("a".to_owned());
    let mut store = Store { metrics: Arc::new(GenericMetrics::register(&Registry::new())), orders: 0 };
    store.changes();
    Pin::new(&store).pinned();
    drop(consumes(store.metrics, 1));
}
