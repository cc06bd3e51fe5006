use spanwright::instrument;

#[instrument(follows_from)]
fn serve() {}

fn main() {}
