//! The reference system eventsource with real servers: RabbitMQ, Redis, PostgreSQL, and the mock broker of Kafka's own client.
//!
//! A server that is not installed skips its tests with a line that says so, unless `SPANWRIGHT_REQUIRE_BACKENDS=1`.

#[path = "../../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../../broker.rs"]
#[allow(dead_code, reason = "other targets need other brokers")]
mod broker;
#[path = "../../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
mod buses;
#[path = "../../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
#[path = "../guide.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod guide;
mod kafka;
mod postgresql;
#[path = "../../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod rabbitmq;
mod redis;
mod servers;
mod services;
#[path = "../../coverage/table.rs"]
#[allow(dead_code, reason = "the page of the coverage is another target's")]
mod table;
