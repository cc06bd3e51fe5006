use spanwright::{Counter, Metrics};

#[derive(Metrics)]
struct Queue {
    /// How many bytes were sent.
    sent_bytes_total: Counter,
    /// How many bytes were sent, as OpenTelemetry calls it.
    #[metric(name_exact = "sent", unit = "bytes")]
    same_name_of_prometheus: Counter,
    /// How many bytes were sent, as OpenTelemetry calls it.
    #[metric(name_exact = "sent.bytes", unit = "By")]
    sent: Counter,
}

fn main() {}
