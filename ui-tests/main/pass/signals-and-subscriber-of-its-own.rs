#![deny(warnings)]

#[spanwright::main(signals = false, subscriber = false)]
fn main() {}
