use spanwright::instrument;

#[instrument(nam = "charge")]
fn charge() {}

fn main() {}
