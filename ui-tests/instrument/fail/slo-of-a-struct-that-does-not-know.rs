use spanwright::{Counter, Histogram, Metrics, instrument};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(role = calls)]
    orders_total: Counter,
}

#[derive(Metrics)]
struct Timed {
    /// How long orders took.
    #[metric(role = duration, buckets = [0.1, 1])]
    order_seconds: Histogram,
}

#[instrument(metrics = Shop, slo(success = "99%", latency("90%" < "1s")))]
fn charge() {}

#[instrument(metrics = Timed, slo(latency("90%" < "250ms"), latency("99%" < "1s")))]
fn ship() {}

fn main() {
    charge();
    ship();
}
