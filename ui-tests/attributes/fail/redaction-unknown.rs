use spanwright::Attributes;

#[derive(Attributes)]
struct Order {
    #[attribute(redact = masked)]
    iban: String,
}

fn main() {}
