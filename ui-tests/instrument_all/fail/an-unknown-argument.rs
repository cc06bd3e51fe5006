struct Cart;

#[spanwright::instrument_all(levl = "info")]
impl Cart {
    #[instrument(skip)]
    fn add(&self) {}
}

fn main() {
    Cart.add();
}
