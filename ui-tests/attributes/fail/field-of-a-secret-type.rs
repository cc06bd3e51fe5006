use spanwright::{Attributes, Secret};

#[derive(Attributes)]
struct Payment {
    card: Secret<String>,
}

fn main() {}
