use spanwright::Labels;

#[derive(Labels)]
struct Order<T> {
    paid: T,
}

fn main() {}
