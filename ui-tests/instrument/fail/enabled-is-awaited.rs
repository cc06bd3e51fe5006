use spanwright::instrument;

#[instrument(enabled = is_on().await)]
async fn serve() {}

async fn is_on() -> bool {
    true
}

fn main() {}
