//! The worker in the background that ships what is paid.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spanwright::{Context, instrument};

use crate::metrics::ShopMetrics;
use crate::shop::{OrderId, Status};
use crate::store::{Store, StoreError};

/// The way to the worker. It ends when the last of these is dropped.
#[derive(Clone)]
pub struct Shipping {
    queue: Sender<Job>,
}

/// An order, and the trace that it was placed in: nothing is inherited by another thread silently.
struct Job {
    order: OrderId,
    context: Context,
}

impl Shipping {
    /// Starts the worker, with all that was paid and not shipped before.
    pub fn start(store: Arc<Store>) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (queue, jobs) = channel();
        let shipping = Self { queue };
        for order in store.orders(Some(Status::Paid), u32::MAX)? {
            shipping.queue(order.id);
        }
        Ok((shipping, thread::spawn(move || work(&store, &jobs))))
    }

    /// Has an order shipped.
    pub fn queue(&self, order: OrderId) {
        let job = Job { order, context: Context::current() };
        if self.queue.send(job).is_ok() {
            ShopMetrics::global().orders_to_ship.inc();
        }
    }
}

fn work(store: &Store, jobs: &Receiver<Job>) {
    for Job { order, context } in jobs {
        let _in_its_trace = context.attach();
        ShopMetrics::global().orders_to_ship.dec();
        // The span and the log have the error, and the order stays paid until the next start.
        let _ = ship(store, order);
    }
}

/// Ships an order.
#[instrument(record(order), err, metrics(in_flight))]
fn ship(store: &Store, order: OrderId) -> Result<(), StoreError> {
    pack();
    store.set_status(order, Status::Shipped)?;
    let metrics = ShopMetrics::global();
    metrics.orders_total.with(Status::Shipped).inc();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics.last_shipment_timestamp_seconds.set(now.as_secs_f64());
    tracing::debug!(order, "order shipped");
    Ok(())
}

/// Takes its time.
#[instrument]
fn pack() {
    thread::sleep(Duration::from_millis(1));
}
