//! What goes wrong on request, so that alerts can be seen to fire.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is to go wrong. By default nothing is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trouble {
    /// Which share of charges and shipments fails, from 0 to 1.
    pub fail_ratio: f64,
    /// How much longer each query of the database takes.
    pub slow: Duration,
    /// How much longer a shipment takes.
    pub slow_shipping: Duration,
}

impl Trouble {
    /// Whether this one fails.
    pub fn strikes(&self, dice: &Dice) -> bool {
        // Of the 53 bits that a float has, none is lost.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let thrown = (dice.throw() >> 11) as f64 / (1_u64 << 53) as f64;
        thrown < self.fail_ratio
    }
}

/// Numbers in no obvious order, the same in each run.
#[derive(Debug, Default)]
pub struct Dice(AtomicU64);

impl Dice {
    /// The next number, whose upper bits are evenly spread.
    pub fn throw(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}
