use spanwright::instrument;

struct Order<F> {
    placed: F,
}

#[instrument]
async fn charge<F: Future<Output = ()>>(order: Order<F>, other: F) {
    order.placed.await;
    other.await;
    order.placed.await;
    other.await;
}

fn main() {
    let _ = charge(Order { placed: std::future::ready(()) }, std::future::ready(()));
}
