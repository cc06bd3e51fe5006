use spanwright::instrument;

fn classify(response: &u16) -> bool {
    *response < 500
}

#[instrument(outcome = classify)]
fn get() -> u16 {
    200
}

fn main() {
    get();
}
