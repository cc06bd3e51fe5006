use spanwright::instrument;

#[instrument]
async fn charge(order: String) -> usize {
    drop(order);
    order.len()
}

fn main() {}
