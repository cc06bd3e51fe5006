use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(derived(name = "rate", help = "How many.", expr = "up"))]
struct Persist {
    /// Requests that were sent.
    requests_total: Counter,
}

fn main() {}
