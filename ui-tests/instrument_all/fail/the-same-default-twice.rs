struct Cart;

#[spanwright::instrument_all(err, level = "info", err)]
impl Cart {
    fn add(&self) {}
}

fn main() {
    Cart.add();
}
