use spanwright::instrument;

#[instrument]
fn charge(amount: u64) -> u64 {
    amount + 1;
}

fn main() {}
