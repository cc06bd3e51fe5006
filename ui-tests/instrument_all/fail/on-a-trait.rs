#[spanwright::instrument_all]
trait Shop {
    fn charge(&self) {}
}

impl Shop for u8 {}

fn main() {
    1_u8.charge();
}
