use spanwright::instrument;

#[instrument(future = true)]
fn charge() -> impl Future<Output = u64> {
    std::future::ready(7)
}

fn main() {}
