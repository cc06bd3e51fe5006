use spanwright::Label;

#[derive(Clone, Copy, Label)]
enum Tier {
    Gold,
}

static CATALOG: spanwright::Catalog = spanwright::catalog![Tier];

fn main() {
    let _ = Tier::Gold;
}
