use spanwright::{Counter, Label, Metrics};

#[derive(Label)]
enum Lane {
    Fast,
    Slow,
}

#[derive(Metrics)]
struct Queue {
    /// Jobs that were done.
    #[metric(role = calls)]
    done_total: Counter<Lane>,
    /// Jobs that failed.
    #[metric(role = errors)]
    failed_total: Counter,
}

const BOTH: [Lane; 2] = [Lane::Fast, Lane::Slow];

fn main() {}
