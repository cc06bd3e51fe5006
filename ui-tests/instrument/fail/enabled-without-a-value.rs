use spanwright::instrument;

#[instrument(enabled)]
fn serve() {}

fn main() {}
