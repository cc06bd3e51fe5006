use spanwright::instrument;

#[instrument(component = "")]
fn serve() {}

fn main() {}
