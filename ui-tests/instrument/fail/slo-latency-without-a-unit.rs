use spanwright::instrument;

#[instrument(slo(latency("99%" < "250")))]
fn charge() {}

fn main() {
    charge();
}
