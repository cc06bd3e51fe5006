use spanwright::instrument;

#[instrument(fields(http.response.status_code = %status))]
fn answer(status: u16) {}

fn main() {}
