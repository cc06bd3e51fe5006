struct Cart;

#[spanwright::instrument_all(levl = "info", name = "cart", err, err, name_prefix = 3)]
impl Cart {
    #[instrument(skip, err)]
    fn add(&self) {}
}

fn main() {
    Cart.add();
}
