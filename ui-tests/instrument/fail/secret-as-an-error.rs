use spanwright::{Secret, instrument};

#[instrument(err)]
fn by_display() -> Result<(), Secret<String>> {
    Ok(())
}

#[instrument(err(Debug))]
fn by_debug() -> Result<(), Secret<String>> {
    Ok(())
}

#[instrument(err(chain))]
fn with_sources() -> Result<(), Secret<String>> {
    Ok(())
}

fn main() {}
