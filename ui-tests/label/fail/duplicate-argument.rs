use spanwright::Label;

#[derive(Label)]
#[label(name = "tier")]
#[label(name = "level")]
enum Tier {
    Free,
    Paid,
}

fn main() {}
