use spanwright::{instrument, record};

#[instrument(fields(http.response.status_code = Empty))]
fn answer(status: u16) {
    record!(http.response.status_code = %status);
}

fn main() {}
