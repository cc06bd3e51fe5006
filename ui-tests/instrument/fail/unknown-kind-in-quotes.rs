use spanwright::instrument;

#[instrument(kind = "queue")]
fn serve() {}

fn main() {}
