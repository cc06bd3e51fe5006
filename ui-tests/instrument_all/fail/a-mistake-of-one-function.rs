struct Cart;

#[spanwright::instrument_all(level = "info")]
impl Cart {
    fn add(&self) {}

    #[instrument(record(itm))]
    fn remove(&self, item: u8) -> u8 {
        item
    }
}

fn main() {
    Cart.add();
    let _removed = Cart.remove(1);
}
