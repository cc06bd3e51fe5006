use spanwright::instrument;

#[instrument(outcome = |response| true)]
fn get() -> u16 {
    200
}

fn main() {
    get();
}
