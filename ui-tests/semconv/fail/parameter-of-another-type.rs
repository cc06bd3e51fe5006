use spanwright::instrument;

#[instrument(fields(server.port = port))]
fn serve(port: Option<&str>) {}

fn main() {}
