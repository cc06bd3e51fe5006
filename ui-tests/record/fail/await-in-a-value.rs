use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
async fn charge() {
    record!(result = std::future::ready(7).await);
}

fn main() {}
