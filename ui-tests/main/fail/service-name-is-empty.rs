#[spanwright::main(service_name = "")]
fn main() {}
