#[spanwright::test]
#[test]
fn counts() {}

fn main() {}
