#[spanwright::main(prefix = "SHOP", prefix = "STORE")]
fn main() {}
