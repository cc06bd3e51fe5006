use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge() {
    record!(result = "7".lenght());
}

fn main() {}
