use spanwright::{Metrics};

#[derive(Metrics)]
struct Shop {
    #[metric(skip)]
    name: String,
}

fn main() {}
