use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge(text: &str) -> Result<(), std::num::ParseIntError> {
    record!(result = text.parse::<u64>()?);
    Ok(())
}

fn main() {}
