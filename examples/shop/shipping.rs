//! The worker in the background that ships what is paid.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spanwright::{Context, instrument};
use tokio::task::block_in_place;

use crate::metrics::ShopMetrics;
use crate::shop::{OrderId, Status};
use crate::store::{Store, StoreError};
use crate::trouble::{Dice, Trouble};

/// How many orders may wait to be shipped.
const QUEUE: u32 = 100;

/// The way to the worker. It ends when the last of these is dropped.
#[derive(Clone)]
pub struct Shipping {
    queue: SyncSender<Job>,
}

/// An order, and the trace that it was placed in: nothing is inherited by another thread silently.
struct Job {
    order: OrderId,
    context: Context,
}

/// Why an order was not shipped.
#[derive(Debug, thiserror::Error)]
enum ShippingError {
    #[error("nobody came for the parcel")]
    NotCollected,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Shipping {
    /// Starts the worker, with all that was paid and not shipped before.
    pub fn start(store: Arc<Store>, trouble: Trouble) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (queue, jobs) = sync_channel(QUEUE as usize);
        ShopMetrics::global().shipping_queue_limit_orders.set(QUEUE.into());
        let unshipped = store.orders(Some(Status::Paid), u32::MAX)?;
        let worker = Worker { store, trouble, dice: Dice::default() };
        let worker = thread::spawn(move || worker.work(&jobs));
        let shipping = Self { queue };
        unshipped.iter().for_each(|order| shipping.queue(order.id));
        Ok((shipping, worker))
    }

    /// Has an order shipped. Where too many wait, the caller waits for a place.
    pub fn queue(&self, order: OrderId) {
        let metrics = ShopMetrics::global();
        metrics.shipping_queue_orders.inc();
        let job = Job { order, context: Context::current() };
        let has_gone = match self.queue.try_send(job) {
            Ok(()) => false,
            Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(job)) => {
                metrics.shipping_stalled_total.inc();
                block_in_place(|| self.queue.send(job).is_err())
            }
        };
        if has_gone {
            metrics.shipping_queue_orders.dec();
        }
    }
}

/// Who ships.
struct Worker {
    store: Arc<Store>,
    trouble: Trouble,
    dice: Dice,
}

impl Worker {
    fn work(&self, jobs: &Receiver<Job>) {
        for Job { order, context } in jobs {
            let _in_its_trace = context.attach();
            ShopMetrics::global().shipping_queue_orders.dec();
            // The span and the log have the error, and the order stays paid until the next start.
            let _ = self.ship(order);
        }
    }

    /// Ships an order.
    #[instrument(
        record(order),
        err,
        metrics(in_flight),
        slo(
            success = "99%",
            name = "orders_are_shipped",
            description = "What was paid leaves the house at the first attempt.",
        )
    )]
    fn ship(&self, order: OrderId) -> Result<(), ShippingError> {
        pack(self.trouble.slow_shipping);
        if self.trouble.strikes(&self.dice) {
            return Err(ShippingError::NotCollected);
        }
        self.store.set_status(order, Status::Shipped)?;
        let metrics = ShopMetrics::global();
        metrics.orders_total.with(Status::Shipped).inc();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics.last_shipment_timestamp_seconds.set(now.as_secs_f64());
        tracing::debug!(order, "order shipped");
        Ok(())
    }
}

/// Takes its time.
#[instrument(skip_all)]
fn pack(longer: Duration) {
    thread::sleep(Duration::from_millis(1) + longer);
}
