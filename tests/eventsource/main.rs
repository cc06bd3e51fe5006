//! The reference system eventsource: its library in this process, and its example as a program.

mod aggregates;
mod attributes;
#[path = "../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
mod buses;
#[path = "../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
mod exporters;
mod guide;
mod logs;
mod metrics;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod program;
mod projections;
mod repositories;
mod snapshots;
mod stores;
mod subscriptions;
#[path = "../system.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod system;
#[path = "../coverage/table.rs"]
#[allow(dead_code, reason = "the page of the coverage is another target's")]
mod table;
mod tracer;
