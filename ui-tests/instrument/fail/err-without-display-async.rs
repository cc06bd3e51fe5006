use spanwright::instrument;

#[derive(Debug)]
struct Failed;

#[instrument(err)]
async fn charge() -> Result<u64, Failed> {
    Err(Failed)
}

fn main() {}
