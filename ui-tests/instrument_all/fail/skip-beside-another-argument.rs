struct Cart;

#[spanwright::instrument_all]
impl Cart {
    #[instrument(skip, err)]
    fn add(&self) -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    let _added = Cart.add();
}
