struct Address;

#[derive(spanwright::Event)]
struct Sent {
    to: Address,
    bytes: u64,
}

fn main() {}
