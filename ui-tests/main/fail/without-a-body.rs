#[spanwright::main]
fn main();
