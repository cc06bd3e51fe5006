#[spanwright::test]
struct Counts;

fn main() {}
