use spanwright::instrument;

#[instrument(slo(latency("99%" < 250ms)))]
fn charge() {}

fn main() {
    charge();
}
