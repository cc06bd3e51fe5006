use spanwright::instrument;

#[instrument(fields(http.response.status_code = "404"))]
fn answer() {}

fn main() {}
