use spanwright::instrument;

#[instrument(fields(http.response.status_code = "ok".to_owned()))]
fn answer() {}

fn main() {}
