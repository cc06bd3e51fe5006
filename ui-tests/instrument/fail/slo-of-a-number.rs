use spanwright::instrument;

#[instrument(slo(success = 99.9))]
fn charge() {}

fn main() {
    charge();
}
