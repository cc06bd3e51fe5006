use spanwright::instrument;

#[instrument(err)]
fn charge() {}

fn main() {}
