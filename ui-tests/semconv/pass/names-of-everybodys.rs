#![deny(warnings)]

use spanwright::{Attributes, instrument};

#[derive(Attributes)]
struct Step {
    #[attribute(key_exact = "message.id")]
    id: u64,
    #[attribute(key_exact = "pool.name")]
    pool: bool,
}

#[instrument(
    record(session_id, next_token),
    fields(
        error.message = "x", event.name = "y", message.type = 3, network.zone = "a", dns.cache = true,
        messaging.kafka.topic = "t", messaging.rabbitmq.exchange = "e", db.redis.key = "k", db.postgresql.role = "r",
        session.id = "s", ..step
    )
)]
fn handle(session_id: &str, next_token: &str, step: &Step) {
    let _ = (session_id, next_token, step.id, step.pool);
}

fn main() {
    handle("", "", &Step { id: 1, pool: true });
}
