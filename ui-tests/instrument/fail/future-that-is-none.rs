use spanwright::instrument;

#[instrument(future)]
fn charge() -> u64 {
    7
}

fn main() {}
