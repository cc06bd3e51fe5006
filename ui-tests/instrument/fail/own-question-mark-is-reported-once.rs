use spanwright::instrument;

#[instrument(err)]
async fn charge() -> Result<u64, String> {
    let text = std::fs::read_to_string("order")?;
    Ok(text.len() as u64)
}

fn main() {}
