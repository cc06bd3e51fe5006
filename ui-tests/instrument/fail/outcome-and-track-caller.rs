use spanwright::{Outcome, instrument};

fn classify(_: &u16) -> Outcome {
    Outcome::Ok
}

#[instrument(outcome = classify)]
#[track_caller]
fn get() -> u16 {
    200
}

fn main() {
    let _outcome = classify(&get());
}
