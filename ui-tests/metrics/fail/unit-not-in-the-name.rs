use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// How much was sent.
    #[metric(unit = "bytes")]
    sent_total: Counter,
}

fn main() {}
