use spanwright::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "my shop")]
struct Order {
    id: u8,
}

fn main() {}
