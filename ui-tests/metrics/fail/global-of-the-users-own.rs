use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
struct Queue {
    /// Jobs that wait.
    waiting: Gauge,
}

impl Queue {
    fn global() -> u8 {
        7
    }
}

fn main() {}
