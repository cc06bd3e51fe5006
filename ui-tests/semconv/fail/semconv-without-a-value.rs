use spanwright::instrument;

#[instrument(semconv, fields(http.route = "/"))]
fn answer() {}

fn main() {}
