use spanwright::instrument;

#[deny(unused_mut)]
#[instrument]
fn charge(mut order_id: u64) -> u64 {
    order_id
}

#[deny(unused_mut)]
#[instrument]
async fn refund(mut order_id: u64) -> u64 {
    order_id
}

fn main() {}
