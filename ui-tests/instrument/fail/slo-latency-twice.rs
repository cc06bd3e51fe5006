use spanwright::instrument;

#[instrument(slo(latency("99%" < "250ms"), latency("99.9%" < "0.25s")))]
fn charge() {}

fn main() {
    charge();
}
