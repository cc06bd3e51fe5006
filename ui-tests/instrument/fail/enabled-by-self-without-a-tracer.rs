use spanwright::instrument;

struct Store;

impl Store {
    #[instrument(enabled = self)]
    async fn put(&self) {}
}

fn main() {}
