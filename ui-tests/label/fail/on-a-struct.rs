use spanwright::Label;

#[derive(Label)]
struct Tier {
    gold: bool,
}

fn main() {}
