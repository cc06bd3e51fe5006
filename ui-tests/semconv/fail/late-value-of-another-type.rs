use spanwright::{instrument, record};

#[instrument(fields(http.response.status_code = Empty))]
fn answer() {
    record!(http.response.status_code = "ok".to_owned());
}

fn main() {}
