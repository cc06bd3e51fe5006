use spanwright::Labels;

#[derive(Labels)]
#[labels(budget = 0, size = 7)]
#[label(max = 7)]
struct Order<T, const N: usize> {
    le: bool,
    #[label(max = "many")]
    tenant: String,
    #[label(name = "le", length = 7)]
    region: &'static str,
    city: String,
    other: T,
}

fn main() {}
