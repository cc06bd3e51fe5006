use spanwright::Label;

#[derive(Label)]
enum Tier {
    #[label(rename = "")]
    Free,
    Paid,
}

fn main() {}
