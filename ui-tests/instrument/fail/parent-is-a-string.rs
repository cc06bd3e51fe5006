use spanwright::instrument;

#[instrument(parent = "root")]
async fn serve() {}

fn main() {}
