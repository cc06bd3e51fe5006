use spanwright::instrument;

use std::rc::Rc;

#[instrument(future)]
fn charge() -> impl Future<Output = ()> + Send {
    async {
        let order = Rc::new(7);
        std::future::ready(()).await;
        drop(order);
    }
}

fn main() {}
