use spanwright::Label;

#[derive(Label)]
enum Tier {
    Free,
    #[label(rename = "free")]
    Gratis,
}

fn main() {}
