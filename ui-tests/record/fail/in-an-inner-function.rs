use spanwright::{instrument, record};

#[instrument(fields(result = Empty))]
fn charge() {
    fn inner() {
        record!(result = 7);
    }
    inner();
}

fn main() {}
