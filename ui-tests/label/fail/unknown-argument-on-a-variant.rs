use spanwright::Label;

#[derive(Label)]
enum Tier {
    Free,
    #[label(name = "payed")]
    Paid,
}

fn main() {}
