use spanwright::instrument;

use futures_util::stream::BoxStream;

#[instrument(stream)]
async fn charges() -> BoxStream<'static, u64> {
    Box::pin(futures_util::stream::empty())
}

fn main() {}
