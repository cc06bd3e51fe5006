use spanwright::instrument;

struct Failed;

#[instrument(err)]
fn charge() -> Result<u64, Failed> {
    Err(Failed)
}

fn main() {}
