#![deny(unused_variables)]

use spanwright::instrument;

#[instrument]
fn charge(order_id: u64) {}

#[instrument(err)]
async fn refund(order_id: u64) -> Result<(), String> {
    Ok(())
}

fn main() {}
