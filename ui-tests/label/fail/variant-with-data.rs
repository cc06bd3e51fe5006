use spanwright::Label;

#[derive(Label)]
enum Tier {
    Free,
    Paid(u64),
}

fn main() {}
