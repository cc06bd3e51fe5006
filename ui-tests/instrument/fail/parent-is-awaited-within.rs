use spanwright::{Context, instrument};

#[instrument(parent = &context().await)]
async fn serve() {}

async fn context() -> Context {
    Context::NONE
}

fn main() {}
