#[spanwright::main(recorder = "")]
fn main() {}
