use spanwright::{instrument, record};

#[instrument(fields(result = Empty, http.route = Empty))]
async fn charge() {
    record!(http.rout = "/charge");
}

fn main() {}
