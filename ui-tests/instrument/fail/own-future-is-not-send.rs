use spanwright::instrument;

use std::rc::Rc;

#[instrument]
async fn charge() {
    let order = Rc::new(7);
    std::future::ready(()).await;
    drop(order);
}

fn spawn(_: impl Future<Output = ()> + Send) {}

fn main() {
    spawn(charge());
}
