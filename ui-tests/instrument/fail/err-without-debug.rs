use spanwright::instrument;

struct Failed;

#[instrument(err(Debug))]
fn charge() -> Result<u64, Failed> {
    Err(Failed)
}

fn main() {}
