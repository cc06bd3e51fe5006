use spanwright::Attributes;

struct Uuid;

#[derive(Attributes)]
struct Order {
    #[attribute(display)]
    id: Uuid,
}

fn main() {}
