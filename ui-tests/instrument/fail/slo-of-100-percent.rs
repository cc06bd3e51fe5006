use spanwright::instrument;

#[instrument(slo(success = "100%"))]
fn charge() {}

fn main() {
    charge();
}
