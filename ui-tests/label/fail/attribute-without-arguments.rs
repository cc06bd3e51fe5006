use spanwright::Label;

#[derive(Label)]
#[label]
enum Tier {
    Free,
    Paid,
}

fn main() {}
