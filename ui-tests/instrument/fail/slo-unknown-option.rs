use spanwright::instrument;

#[instrument(slo(sucess = "99%"))]
fn charge() {}

fn main() {
    charge();
}
