use spanwright::instrument;

#[instrument(crate = crate::telemetry::spanwright, record(order_id), err, metrics)]
fn charge(order_id: u64) -> Result<(), String> {
    Ok(())
}

fn main() {}
