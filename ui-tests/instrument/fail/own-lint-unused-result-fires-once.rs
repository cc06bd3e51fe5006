use spanwright::instrument;

#[deny(unused_must_use)]
#[instrument]
async fn charge() -> Result<u64, String> {
    check();
    Ok(7)
}

fn check() -> Result<(), String> {
    Ok(())
}

fn main() {}
