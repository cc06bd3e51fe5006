use spanwright::instrument;

use spanwright::Context;

#[instrument(parent = find().await)]
async fn serve() {}

async fn find() -> Context {
    Context::current()
}

fn main() {}
