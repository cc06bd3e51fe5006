use spanwright::instrument;

#[instrument(metrics(prefix = "shop", buckets = [0.1, 1]), slo(latency("99%" < "250ms")))]
fn charge() {}

fn main() {
    charge();
}
