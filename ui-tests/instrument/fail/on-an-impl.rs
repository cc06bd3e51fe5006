use spanwright::instrument;

struct Shop;

#[instrument]
impl Shop {
    fn charge(&self) {}
}

fn main() {}
