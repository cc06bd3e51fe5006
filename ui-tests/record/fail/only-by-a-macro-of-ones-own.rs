use spanwright::{instrument, record};

macro_rules! sized {
    ($bytes:expr) => {
        record!(size = $bytes.len())
    };
}

#[instrument(fields(size = Empty))]
fn upload(bytes: &[u8]) {
    sized!(bytes);
}

fn main() {}
