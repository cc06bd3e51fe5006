use spanwright::Label;

#[derive(Label)]
#[label(rename_all = "lowercase")]
enum Tier {
    AllIn,
    Allin,
}

fn main() {}
