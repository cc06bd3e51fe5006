use spanwright::instrument;

#[instrument(parent(None))]
fn serve() {}

fn main() {}
