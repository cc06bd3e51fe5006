use spanwright::{Outcome, instrument};

fn classify(_: &String) -> Outcome {
    Outcome::Ok
}

#[instrument(outcome = classify)]
async fn get() -> u16 {
    200
}

fn main() {
    drop(get());
}
