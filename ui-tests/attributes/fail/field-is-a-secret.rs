use spanwright::Attributes;

#[derive(Attributes)]
struct Login {
    user: String,
    password: String,
}

fn main() {}
