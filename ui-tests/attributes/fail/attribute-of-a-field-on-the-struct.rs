use spanwright::Attributes;

#[derive(Attributes)]
#[attribute(key = "order")]
struct Order {
    id: u8,
}

fn main() {}
