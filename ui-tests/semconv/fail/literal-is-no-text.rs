use spanwright::instrument;

#[instrument(fields(http.route = -1))]
fn answer() {}

fn main() {}
