use spanwright::Label;

#[derive(Label)]
#[label(rename_all = "kebap-case")]
enum Tier {
    Free,
    Paid,
}

fn main() {}
