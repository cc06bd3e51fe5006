//! What the shop counts, beside the calls of its functions.

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics, UpDownCounter};

use crate::payment::Brand;
use crate::shop::Status;

/// The shop's own metrics. All series of enums are there, at zero, from the start.
#[derive(Metrics)]
#[metrics(
    prefix = "shop",
    derived(
        name = "decline_ratio",
        help = "Which share of the charges is declined.",
        unit = "ratio",
        expr = "sum by (job) (rate($charges_total{result=\"declined\"}[5m])) / sum by (job) (rate($charges_total[5m]))",
    )
)]
pub struct ShopMetrics {
    /// Orders, by the status that they reached.
    pub orders_total: Counter<Status>,
    /// Charges, by the card's brand and what became of them.
    pub charges_total: Counter<Charge>,
    /// Money taken, in cents.
    #[metric(
        panel(title = "Money taken, in cents per second", row = "Sales"),
        alert(
            name = "NoRevenue",
            when = "< 1",
            for = "10m",
            severity = "critical",
            summary = "The shop takes no money"
        )
    )]
    pub revenue_cents_total: Counter,
    /// Pieces in one order.
    #[metric(buckets = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0], panel(row = "Sales"), quantiles(0.5, 0.95))]
    pub order_pieces: Histogram,
    /// Paid orders that wait to be shipped.
    #[metric(
        threshold(warning = 50, critical = 90),
        alert(
            name = "ShopShippingQueueStuck",
            expr = "min_over_time($metric[10m]) > 20",
            for = "5m",
            severity = "critical",
            summary = "Shipping does not catch up",
        )
    )]
    pub shipping_queue_orders: UpDownCounter,
    /// How many orders may wait to be shipped.
    pub shipping_queue_limit_orders: Gauge,
    /// Orders that found no place in the queue, and had to wait for one.
    pub shipping_stalled_total: Counter,
    /// When an order was last shipped, as Unix time.
    #[metric(alert(
        name = "NothingShipped",
        expr = "time() - $metric > 600 and on (job, instance) shop_shipping_queue_orders > 0",
        for = "5m",
        summary = "Orders wait, and none is shipped",
    ))]
    pub last_shipment_timestamp_seconds: Gauge,
}

/// The labels of a charge: with two enums, the family is an array and an increment an index.
#[derive(Labels)]
pub struct Charge {
    pub brand: Brand,
    pub result: ChargeResult,
}

/// What became of a charge.
#[derive(Label)]
pub enum ChargeResult {
    Accepted,
    Declined,
    Failed,
    TimedOut,
}
