use spanwright::instrument;

struct Event;

#[instrument(name = "publish {event}")]
fn publish(event: &Event) {
    let _event = event;
}

fn main() {
    publish(&Event);
}
