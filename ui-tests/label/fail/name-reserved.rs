use spanwright::Label;

#[derive(Label)]
enum Le {
    Free,
    Paid,
}

fn main() {}
