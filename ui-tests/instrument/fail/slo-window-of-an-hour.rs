use spanwright::instrument;

#[instrument(slo(success = "99%", window = "1h"))]
fn charge() {}

fn main() {
    charge();
}
