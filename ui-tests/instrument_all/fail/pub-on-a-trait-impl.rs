#[derive(Debug)]
struct Cart;

#[spanwright::instrument_all(pub)]
impl Clone for Cart {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {
    let _cart = Cart.clone();
}
