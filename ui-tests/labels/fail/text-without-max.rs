use spanwright::Labels;

#[derive(Labels)]
struct Order<'a> {
    paid: bool,
    tenant: &'a str,
}

fn main() {}
