#[derive(Debug)]
struct Card {
    number: spanwright::Secret<String>,
}

fn main() {}
