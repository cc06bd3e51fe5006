use spanwright::Attributes;

struct Uuid;

#[derive(Attributes)]
struct Order {
    id: Uuid,
}

fn main() {}
