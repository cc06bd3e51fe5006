use spanwright::instrument;

#[instrument(semconv = "off", fields(http.route = "/"))]
fn answer() {}

fn main() {}
