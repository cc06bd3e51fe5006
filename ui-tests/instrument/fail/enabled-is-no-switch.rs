use spanwright::instrument;

#[instrument(enabled = "yes")]
fn serve() {}

fn main() {}
