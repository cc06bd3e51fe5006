use spanwright::Label;

#[derive(Label)]
#[label(nam = "tier", rename_all = "shouting", name = "__tier", crate = 7)]
enum Tier<T> {
    Free,
    #[label(rename = 7)]
    Paid(T),
    #[label(rename = "free", skip)]
    Gratis,
}

fn main() {}
