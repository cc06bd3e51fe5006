use spanwright::instrument;

#[instrument(slo())]
fn charge() {}

fn main() {
    charge();
}
