use spanwright::instrument;

#[instrument(name = "publish {event")]
fn publish(event: &str) {
    println!("{event}");
}

fn main() {
    publish("created");
}
