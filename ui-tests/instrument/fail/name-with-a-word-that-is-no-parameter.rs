use spanwright::instrument;

#[instrument(name = "publish {evnt}")]
fn publish(event: &str) {
    println!("{event}");
}

fn main() {
    publish("created");
}
