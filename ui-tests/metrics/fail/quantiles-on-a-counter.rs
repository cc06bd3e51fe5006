use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Persist {
    /// How it went.
    #[metric(quantiles(0.99))]
    errors_total: Counter,
}

fn main() {}
