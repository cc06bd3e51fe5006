//! What is deprecated is so for those who use it, and not for what the derive makes of it.

#![deny(warnings)]

use spanwright::{Counter, Gauge, Label, Labels, Metrics};

#[derive(Clone, Copy, Label)]
#[deprecated]
pub enum Tier {
    Free,
    #[deprecated]
    Paid,
}

#[derive(Clone, Copy, Labels)]
#[deprecated]
pub struct Request<'a> {
    #[label(max = 3)]
    #[deprecated]
    pub tenant: &'a str,
}

#[derive(Metrics)]
#[metrics(global = false)]
#[deprecated]
pub struct Queue {
    /// Jobs that wait.
    pub waiting: Gauge,
}

#[derive(Metrics)]
#[metrics(prefix = "shop")]
#[deprecated]
pub struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    #[deprecated]
    pub orders_total: Counter,
}

#[derive(Metrics)]
#[metrics(prefix = "generic")]
#[deprecated]
pub struct Generic<L: Labels> {
    /// Orders that were placed.
    #[metric(role = calls)]
    #[deprecated]
    pub orders_total: Counter<L>,
}

fn main() {}
