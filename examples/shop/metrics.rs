//! What the shop counts, beside the calls of its functions.

use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics, UpDownCounter};

use crate::payment::Brand;
use crate::shop::Status;

/// The shop's own metrics. All series of enums are there, at zero, from the start.
#[derive(Metrics)]
#[metrics(prefix = "shop")]
pub struct ShopMetrics {
    /// Orders, by the status that they reached.
    pub orders_total: Counter<Status>,
    /// Charges, by the card's brand and what became of them.
    pub charges_total: Counter<Charge>,
    /// Money taken, in cents.
    pub revenue_cents_total: Counter,
    /// Pieces in one order.
    #[metric(buckets = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0])]
    pub order_pieces: Histogram,
    /// Paid orders that wait to be shipped.
    pub orders_to_ship: UpDownCounter,
    /// When an order was last shipped, as Unix time.
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
    TimedOut,
}
