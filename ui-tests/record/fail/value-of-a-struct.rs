use spanwright::{instrument, record};

struct Receipt;

#[instrument(fields(result = Empty))]
async fn charge() {
    record!(result = Receipt);
}

fn main() {}
