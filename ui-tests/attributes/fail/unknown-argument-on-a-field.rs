use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(redct = hash)]
    id: String,
}

fn main() {}
