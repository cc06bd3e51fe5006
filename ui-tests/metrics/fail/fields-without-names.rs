use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop(
    /// Orders that were placed.
    Counter,
);

fn main() {}
