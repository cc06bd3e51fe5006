use spanwright::Attributes;

#[derive(Attributes)]
struct Login {
    #[attribute(key = "user.api_key")]
    user: String,
}

fn main() {}
