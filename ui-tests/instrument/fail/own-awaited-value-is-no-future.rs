use spanwright::instrument;

fn order() -> u8 {
    7
}

#[instrument]
async fn charge(value: u8) {
    order().await;
    value.await;
}

fn main() {
    let _ = charge(7);
}
