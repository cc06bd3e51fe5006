#[spanwright::main(prefix = SHOP)]
fn main() {}
