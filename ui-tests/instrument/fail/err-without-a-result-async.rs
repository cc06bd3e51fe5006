use spanwright::instrument;

#[instrument(err(Debug))]
async fn charge() -> u64 {
    7
}

fn main() {}
