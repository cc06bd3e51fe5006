use spanwright::Label;

#[derive(Label)]
enum Tier {}

fn main() {}
