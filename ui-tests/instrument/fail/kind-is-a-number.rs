use spanwright::instrument;

#[instrument(kind = 2)]
fn serve() {}

fn main() {}
