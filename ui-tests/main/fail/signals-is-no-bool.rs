#[spanwright::main(signals = "off")]
fn main() {}
