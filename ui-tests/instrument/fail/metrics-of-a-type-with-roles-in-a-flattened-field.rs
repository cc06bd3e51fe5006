use spanwright::{Counter, Metrics, instrument};

#[derive(Metrics)]
#[metrics(global = false)]
struct Requests {
    /// Requests that were sent.
    #[metric(role = calls)]
    requests_total: Counter,
}

#[derive(Metrics)]
struct Client {
    #[metric(flatten)]
    requests: Requests,
}

#[instrument(metrics = Client)]
fn refused() {}

#[instrument(metrics(into = Client::global().requests))]
fn allowed() {}

fn main() {}
