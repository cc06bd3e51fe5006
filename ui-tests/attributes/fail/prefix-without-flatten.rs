use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(prefix = "billing")]
    id: u8,
    #[attribute(flatten, prefix = "a..b")]
    payer: Payer,
}

#[derive(Attributes)]
struct Payer {
    tier: u8,
}

fn main() {}
