use spanwright::instrument;

#[instrument(slo(latency("99%" < "300ms")))]
fn charge() {}

fn main() {
    charge();
}
