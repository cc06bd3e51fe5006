use spanwright::instrument;

#[instrument(parent =)]
fn serve() {}

fn main() {}
