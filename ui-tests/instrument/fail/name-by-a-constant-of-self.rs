use spanwright::instrument;

struct Cart;

impl Cart {
    const NAME: &str = "cart";

    #[instrument(name = Self::NAME)]
    fn add(&self) {}
}

fn main() {
    Cart.add();
    println!("{}", Cart::NAME);
}
