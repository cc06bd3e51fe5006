use spanwright::instrument;

#[instrument(err)]
fn charge() -> Result<u64, String> {
    Ok("seven")
}

#[instrument(err)]
async fn refund() -> Result<u64, String> {
    Ok("seven")
}

fn main() {}
