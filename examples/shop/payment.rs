//! Cards, and a simulated payment provider that declines some of them.

use std::time::Duration;

use serde::Deserialize;
use spanwright::{Label, Secret, instrument};
use tokio::time::{sleep, timeout};

use crate::metrics::{Charge, ChargeResult, ShopMetrics};
use crate::trouble::{Dice, Trouble};

/// How long the provider may take.
const PATIENCE: Duration = Duration::from_millis(90);

/// What the provider lets a card pay at once.
const LIMIT_CENTS: u64 = 1_000_000;

/// A card. Its number is a [`Secret`]: recording or formatting it does not compile.
#[derive(Deserialize)]
#[serde(from = "String")]
pub struct Card {
    number: Secret<String>,
}

impl From<String> for Card {
    fn from(number: String) -> Self {
        Self { number: Secret::new(number) }
    }
}

impl Card {
    /// Who issued the card, which is no secret.
    pub fn brand(&self) -> Brand {
        match self.number.expose().bytes().next() {
            Some(b'4') => Brand::Visa,
            Some(b'5') => Brand::Mastercard,
            _ => Brand::Other,
        }
    }
}

/// Who issued a card.
#[derive(Clone, Copy, Debug, Label)]
pub enum Brand {
    Visa,
    Mastercard,
    Other,
}

/// Why a card was not charged.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// The provider said no.
    #[error("the card was declined")]
    Declined,
    /// The provider has trouble of its own.
    #[error("the payment provider failed")]
    Failed,
    /// The provider said nothing.
    #[error("the payment provider did not answer within {} ms", PATIENCE.as_millis())]
    TimedOut,
}

/// The payment provider. In real life, this is on the other side of a network.
pub struct Provider {
    trouble: Trouble,
    dice: Dice,
}

impl Provider {
    /// A provider with that trouble.
    pub fn new(trouble: Trouble) -> Self {
        Self { trouble, dice: Dice::default() }
    }

    /// Charges a card. An error sets the span's status and `error.type`, and counts as `outcome="error"`; the
    /// log has it at `debug`, since a declined card is the customer's trouble and not the operator's.
    #[instrument(
        record(amount_cents),
        fields(card.brand = ?card.brand()),
        err(level = "debug"),
        metrics(prefix = "shop_payment", labels(brand: Brand = card.brand()), in_flight),
    )]
    pub async fn charge(&self, card: &Card, amount_cents: u64) -> Result<(), PaymentError> {
        let charged = match timeout(PATIENCE, self.authorize(card, amount_cents)).await {
            Ok(answer) => answer,
            Err(_) => Err(PaymentError::TimedOut),
        };
        let result = match &charged {
            Ok(()) => ChargeResult::Accepted,
            Err(PaymentError::Declined) => ChargeResult::Declined,
            Err(PaymentError::Failed) => ChargeResult::Failed,
            Err(PaymentError::TimedOut) => ChargeResult::TimedOut,
        };
        ShopMetrics::global().charges_total.with(Charge { brand: card.brand(), result }).inc();
        charged
    }

    /// Asks the provider. Where patience ends first, this future is dropped, and its outcome is `cancelled`.
    #[instrument(metrics)]
    async fn authorize(&self, card: &Card, amount_cents: u64) -> Result<(), PaymentError> {
        sleep(self.latency()).await;
        if self.trouble.strikes(&self.dice) {
            return Err(PaymentError::Failed);
        }
        // The numbers that payment providers give out for tests end alike.
        match card.number.expose().as_str() {
            number if number.ends_with("0002") || amount_cents > LIMIT_CENTS => Err(PaymentError::Declined),
            number if number.ends_with("0119") => std::future::pending().await,
            _ => Ok(()),
        }
    }

    /// Between 3 and 18 ms, in no obvious order.
    fn latency(&self) -> Duration {
        Duration::from_millis(3 + (self.dice.throw() >> 60))
    }
}
