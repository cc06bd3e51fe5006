use spanwright::instrument;

#[instrument(slo(success = "150%"))]
fn charge() {}

fn main() {
    charge();
}
