use spanwright::Label;

#[derive(Label)]
enum Tier<const N: usize> {
    Free,
    Paid,
}

fn main() {}
