use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How much was sent.
    #[metric(unit = "MB/s")]
    sent_total: Counter,
}

fn main() {}
