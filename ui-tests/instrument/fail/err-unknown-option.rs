use spanwright::instrument;

#[instrument(err(debugg))]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
