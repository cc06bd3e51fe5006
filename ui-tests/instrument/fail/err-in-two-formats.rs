use spanwright::instrument;

#[instrument(err(Debug, Display))]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
