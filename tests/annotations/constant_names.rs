//! Names and targets by constants.

use spanwright::instrument;

use crate::collected::traced;

mod names {
    pub(super) const PUBLISH: &str = "bus.publish {not a parameter}";
}

struct Bus;

impl Bus {
    const TARGET: &'static str = concat!("annotations", "::bus");

    #[instrument(name = names::PUBLISH, target = Bus::TARGET, record(topic))]
    fn publish(&self, topic: &str) -> usize {
        topic.len()
    }
}

#[test]
fn a_span_is_called_as_a_constant_says() {
    let (_, trace) = traced(|| Bus.publish("orders"));
    let span = trace.one("bus.publish {not a parameter}");
    assert_eq!(span.target, "annotations::bus");
}
