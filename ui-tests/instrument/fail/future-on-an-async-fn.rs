use spanwright::instrument;

#[instrument(future)]
async fn charge() -> u64 {
    7
}

fn main() {}
