use spanwright::instrument;
use spanwright::record as fill;

#[instrument(fields(result = Empty))]
fn charge() {
    fill!(result = 7);
}

fn main() {}
