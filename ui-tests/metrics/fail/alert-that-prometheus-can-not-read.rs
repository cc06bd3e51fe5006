use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Shop {
    /// Orders that were placed.
    #[metric(alert(expr = "rate($metric[5m]) > ((1"))]
    orders_total: Counter,
    /// Orders that failed.
    #[metric(alert(expr = "rate($metrics_of_others[5m]) > 1"))]
    failures_total: Counter,
}

fn main() {}
