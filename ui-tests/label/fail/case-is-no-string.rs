use spanwright::Label;

#[derive(Label)]
#[label(rename_all = kebab)]
enum Tier {
    Free,
    Paid,
}

fn main() {}
