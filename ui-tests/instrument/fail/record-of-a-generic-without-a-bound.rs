use spanwright::instrument;

#[instrument(record(order))]
async fn charge<T>(order: T) {
    drop(order);
}

fn main() {}
