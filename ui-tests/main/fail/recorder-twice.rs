#[spanwright::main(recorder = "trace.bin", recordr = "other.bin", recorder = "other.bin")]
fn main() {}
