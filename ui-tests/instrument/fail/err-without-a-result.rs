use spanwright::instrument;

#[instrument(err)]
fn charge() -> Option<u64> {
    None
}

fn main() {}
