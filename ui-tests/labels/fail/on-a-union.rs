use spanwright::Labels;

#[derive(Labels)]
union Order {
    paid: bool,
}

fn main() {}
