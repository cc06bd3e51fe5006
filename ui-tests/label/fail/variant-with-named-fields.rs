use spanwright::Label;

#[derive(Label)]
enum Tier {
    Free,
    Paid { amount: u64 },
}

fn main() {}
