use spanwright::instrument;

#[instrument(future)]
fn charge() {}

fn main() {}
