use spanwright::Attributes;

#[derive(Attributes)]
union Order {
    id: u8,
}

fn main() {}
