#[spanwright::main]
mod shop {}

fn main() {}
