#[spanwright::main(service = "shop")]
fn main() {}
