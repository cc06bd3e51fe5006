use spanwright::Attributes;

#[derive(Attributes)]
struct Order<T> {
    id: T,
}

fn main() {}
