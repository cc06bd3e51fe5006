use spanwright::{Counter, Metrics};

#[derive(Metrics)]
#[metrics(prefix = "shop orders", unit = "bytes")]
#[metric(name = "shop")]
struct Shop {
    orders_total: Counter,
    /// Orders that were sent.
    #[metric(unit = "bytes", buckets = [2, 1])]
    sent_total: Counter,
    /// Orders that failed.
    #[metric(name = "orders_total")]
    failed_total: Counter,
    /// Orders that were lost.
    #[metric(name = "lost.total", nam = "lost")]
    lost_total: Counter,
}

fn main() {}
