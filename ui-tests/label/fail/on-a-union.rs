use spanwright::Label;

#[derive(Label)]
union Tier {
    gold: bool,
}

fn main() {}
