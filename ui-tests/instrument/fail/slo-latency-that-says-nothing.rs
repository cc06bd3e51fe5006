use spanwright::instrument;

#[instrument(slo(latency("99%" < "250ms"), latency("90%" < "1s")))]
fn charge() {}

fn main() {
    charge();
}
