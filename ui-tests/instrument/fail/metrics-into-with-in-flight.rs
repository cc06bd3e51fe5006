use spanwright::instrument;

#[instrument(metrics(in_flight, into = metrics()))]
fn charge() {}

fn main() {}
