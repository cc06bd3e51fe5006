use spanwright::Label;

#[derive(Label)]
enum Tier {
    #[label = "free"]
    Free,
    Paid,
}

fn main() {}
