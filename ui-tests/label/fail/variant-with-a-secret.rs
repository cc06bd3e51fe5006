use spanwright::Label;

#[derive(Label)]
enum Card {
    None,
    Some(spanwright::Secret<&'static str>),
}

fn main() {}
