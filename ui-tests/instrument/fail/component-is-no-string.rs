use spanwright::instrument;

#[instrument(component = billing)]
fn serve() {}

fn main() {}
