use spanwright::instrument;

#[instrument(kind = sever)]
fn serve() {}

fn main() {}
