use spanwright::Label;

#[derive(Label)]
#[label(name = "service.tier")]
enum Tier {
    Free,
    Paid,
}

fn main() {}
