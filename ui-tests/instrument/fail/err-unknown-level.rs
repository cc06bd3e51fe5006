use spanwright::instrument;

#[instrument(err(level = "fatal"))]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
