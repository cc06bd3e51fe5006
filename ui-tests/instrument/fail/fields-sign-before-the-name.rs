use spanwright::instrument;

#[instrument(fields(?tier = 7))]
fn charge() {}

fn main() {}
