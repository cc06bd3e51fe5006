//! Events that are made up: trades, say. The same seed makes the same ones.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Options;
use crate::sql::SqlError;
use crate::value::{Event, Schema, Type, Value};

/// What texts are made up of.
const SYMBOLS: [&str; 8] = ["ACME", "GLOB", "INIT", "HOOL", "UMBR", "WAYN", "STRK", "SOYL"];

#[derive(Debug)]
pub(super) struct Generator {
    schema: Arc<Schema>,
    /// How many are still to be made; nothing where there is no end.
    left: Option<u64>,
    batch: u64,
    /// Wakes at each batch's time; nothing where they come as fast as they are taken.
    pace: Option<Interval>,
    /// How far events are apart, in milliseconds.
    spacing: u64,
    timestamp: u64,
    random: u64,
    /// The last number of each column.
    walks: Vec<f64>,
}

impl Generator {
    pub(super) fn new(schema: &Arc<Schema>, options: &mut Options<'_>) -> Result<Self, SqlError> {
        let events = options.count("events", 0)?;
        let rate = options.count("rate", 1_000)?;
        let batch = options.batch()?;
        let spacing = options.count("spacing_ms", 10)?;
        let random = options.count("seed", 7)?;
        let pace = (rate > 0).then(|| {
            let seconds = (batch as f64 / rate as f64).clamp(1e-3, 3_600.0);
            let mut pace = interval(Duration::from_secs_f64(seconds));
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        Ok(Self {
            schema: Arc::clone(schema),
            left: (events > 0).then_some(events),
            batch,
            pace,
            spacing,
            timestamp: 0,
            random: random.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            walks: vec![100.0; schema.columns.len()],
        })
    }

    /// Waits until the next batch is due; how many events it has.
    pub(super) async fn next(&mut self) -> Option<usize> {
        if self.left == Some(0) {
            return None;
        }
        match &mut self.pace {
            Some(pace) => drop(pace.tick().await),
            // Others run too.
            None => tokio::task::yield_now().await,
        }
        let count = self.left.map_or(self.batch, |left| left.min(self.batch));
        self.left = self.left.map(|left| left - count);
        Some(count as usize)
    }

    pub(super) fn make(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.event()).collect()
    }

    fn event(&mut self) -> Event {
        self.timestamp = self.timestamp.saturating_add(self.spacing);
        let columns = self.schema.columns.len();
        let values = (0..columns).map(|column| self.value(column)).collect();
        Event { timestamp: self.timestamp, values }
    }

    fn value(&mut self, column: usize) -> Value {
        let random = self.random();
        match self.schema.columns[column].1 {
            Type::Int => Value::Int((1 + random % 1_000).cast_signed()),
            Type::Bool => Value::Bool(random.is_multiple_of(2)),
            Type::Text => Value::Text(SYMBOLS[(random % SYMBOLS.len() as u64) as usize].into()),
            Type::Double => {
                // A walk in cents, which turns round at the ends.
                let step = (random % 201) as f64 / 100.0 - 1.0;
                let walk = &mut self.walks[column];
                *walk = ((*walk + step).clamp(1.0, 1_000.0) * 100.0).round() / 100.0;
                Value::Double(*walk)
            }
        }
    }

    /// Xorshift (Marsaglia, 2003), whose upper bits are the better ones.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 16
    }
}
