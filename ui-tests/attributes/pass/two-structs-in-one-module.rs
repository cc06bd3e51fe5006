//! Names that would meet, and visibilities.

mod orders {
    use spanwright::Attributes;

    #[derive(Attributes)]
    #[attributes(prefix = "order")]
    pub struct Order {
        pub id: u8,
    }

    #[derive(Attributes)]
    #[attributes(prefix = "event")]
    pub(crate) struct Event {
        #[attribute(constant = ATTR_EVENT_ID)]
        pub(crate) id: String,
        pub(super) r#match: Option<bool>,
    }
}

use orders::{ATTR_EVENT_ID, ATTR_ID, ATTR_MATCH, Event, Order};
use spanwright::instrument;

struct Shop;

impl Shop {
    #[instrument(fields(..order, ..Event = &event))]
    async fn place<'a>(&self, order: Order, event: &'a Event) -> &'a str {
        &event.id
    }
}

fn main() {
    const KEYS: [&str; 3] = [ATTR_ID.key(), ATTR_EVENT_ID.key(), ATTR_MATCH.key()];
    assert_eq!(KEYS, ["order.id", "event.id", "event.match"]);
    let event = Event { id: String::from("a"), r#match: None };
    drop(Shop.place(Order { id: 7 }, &event));
}
