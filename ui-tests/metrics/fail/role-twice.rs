use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Queue {
    /// Jobs that were done.
    #[metric(role = calls)]
    done_total: Counter,
    /// Jobs that were done well.
    #[metric(role = calls)]
    done_well_total: Counter,
}

fn main() {}
