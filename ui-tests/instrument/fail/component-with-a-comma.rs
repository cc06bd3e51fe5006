use spanwright::instrument;

#[instrument(component = "persist,s3")]
fn serve() {}

fn main() {}
