use spanwright::instrument;

#[instrument(fields(http.route))]
fn charge() {}

fn main() {}
