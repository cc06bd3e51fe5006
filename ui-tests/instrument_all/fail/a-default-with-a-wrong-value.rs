struct Cart;

#[spanwright::instrument_all(level = "loud")]
impl Cart {
    fn add(&self) {}
    fn clear(&self) {}
}

fn main() {
    Cart.add();
    Cart.clear();
}
