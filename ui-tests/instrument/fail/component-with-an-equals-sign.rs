use spanwright::instrument;

#[instrument(component = "persist=off")]
fn serve() {}

fn main() {}
