#[derive(spanwright::Event)]
struct Sent {
    #[event(debug)]
    what: spanwright::Secret<u64>,
}

fn main() {}
