use spanwright::Attributes;

#[derive(Attributes)]
enum Order {
    Placed,
}

fn main() {}
