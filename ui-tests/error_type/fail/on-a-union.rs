#[derive(spanwright::ErrorType)]
union Failed {
    code: u8,
}

fn main() {}
