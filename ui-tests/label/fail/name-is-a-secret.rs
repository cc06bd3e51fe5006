use spanwright::Label;

#[derive(Label)]
enum SessionToken {
    Known,
}

fn main() {}
