use spanwright::instrument;

#[instrument]
const LIMIT: u64 = 7;

fn main() {}
