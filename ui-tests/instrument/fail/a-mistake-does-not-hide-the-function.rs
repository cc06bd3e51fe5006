use spanwright::instrument;

struct Shop;

impl Shop {
    #[instrument(nmae = "charge")]
    async fn charge(&self, order_id: u64) -> Result<u64, String> {
        Ok(order_id)
    }
}

#[instrument(record(order))]
fn refund(order_id: u64) -> u64 {
    order_id
}

async fn both() -> Result<u64, String> {
    Ok(Shop.charge(7).await? + refund(7))
}

fn main() {
    drop(both());
}
