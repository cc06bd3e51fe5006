struct Cart;

#[spanwright::instrument_all(record(item))]
impl Cart {
    fn add(&self, _item: u8) {}
}

fn main() {
    Cart.add(1);
}
