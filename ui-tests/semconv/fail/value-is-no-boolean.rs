use spanwright::instrument;

#[instrument(fields(messaging.destination.temporary = name.len()))]
fn publish(name: &str) {}

fn main() {}
