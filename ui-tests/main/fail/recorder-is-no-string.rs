#[spanwright::main(recorder = TRACE)]
fn main() {}
