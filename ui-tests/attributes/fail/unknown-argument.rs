use spanwright::Attributes;

#[derive(Attributes)]
#[attributes(prefx = "shop")]
struct Order {
    id: u8,
}

fn main() {}
