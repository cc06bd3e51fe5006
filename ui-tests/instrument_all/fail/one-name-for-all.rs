struct Cart;

#[spanwright::instrument_all(name = "cart")]
impl Cart {
    fn add(&self) {}
}

fn main() {
    Cart.add();
}
