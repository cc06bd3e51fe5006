#[spanwright::main(prefix = "MY-SHOP")]
fn main() {}
