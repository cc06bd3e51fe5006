use spanwright::instrument;

#[derive(Debug)]
struct Receipt;

#[instrument(ret(Display), err)]
async fn charge() -> Result<Receipt, String> {
    Ok(Receipt)
}

fn main() {
    drop(charge());
}
