use spanwright::instrument;

struct Shop;

impl Shop {
    #[instrument(record_all)]
    fn charge(&self, _order: u64) {}
}

fn main() {
    Shop.charge(7);
}
