use spanwright::{Secret, instrument};

#[instrument(ret)]
fn token() -> Secret<String> {
    Secret::new("secret".to_owned())
}

fn main() {
    token();
}
