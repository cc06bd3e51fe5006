use spanwright::Label;

#[derive(Label)]
#[label(renam_all = "kebab-case")]
enum Tier {
    Free,
    Paid,
}

fn main() {}
