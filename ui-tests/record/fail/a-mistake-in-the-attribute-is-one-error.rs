use spanwright::{instrument, record};

struct Shop;

impl Shop {
    #[instrument(feilds(result = Empty))]
    fn charge(&self) {
        #![allow(clippy::all)]
        let total = 7;
        record!(result = total);
    }
}

fn main() {
    Shop.charge();
}
