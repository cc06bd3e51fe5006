#[spanwright::instrument_all]
struct Cart;

fn main() {
    let _cart = Cart;
}
