#[spanwright::test]
fn counts<T>() {}

fn main() {}
