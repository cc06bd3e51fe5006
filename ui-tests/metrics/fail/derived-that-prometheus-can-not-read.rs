use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(derived(name = "rate", help = "How many.", expr = "rate($requests_total[5m)"))]
struct Persist {
    /// Requests that were sent.
    requests_total: Counter,
}

fn main() {}
