use spanwright::instrument;

#[instrument(fields(geo.location.lat = name.to_owned()))]
fn publish(name: &str) {}

fn main() {}
