use spanwright::instrument_all;

struct Store;

#[instrument_all(parent = None)]
impl Store {
    fn put(&self) {}
}

fn main() {
    Store.put();
}
