use spanwright::instrument;

#[instrument(err(chain))]
fn charge() -> Result<u64, String> {
    Ok(7)
}

fn main() {}
