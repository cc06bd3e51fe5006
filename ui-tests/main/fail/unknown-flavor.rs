#[spanwright::main(flavor = "multithread")]
async fn main() {}
