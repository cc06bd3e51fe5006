use spanwright::instrument;

#[instrument(err)]
#[track_caller]
fn charge() -> Result<(), String> {
    Ok(())
}

fn main() {}
